//! What a guest leaves in its memory, made of an input: mostly values of the shape that its interface
//! promises, and here and there a pointer, a length or a case that nobody meant.

/// The type of a value of a WIT interface.
pub(super) enum Shape {
    /// `u8`.
    Byte,
    /// `u32`.
    Word,
    /// `string`.
    Text,
    /// `list`.
    List(&'static Shape),
    /// `record`.
    Record(&'static [Shape]),
    /// `variant`, `option` and `enum`: what each case carries.
    Cases(&'static [Option<Shape>]),
}

/// `option` of a value.
macro_rules! option {
    ($shape:expr) => {
        Shape::Cases(&[None, Some($shape)])
    };
}
pub(super) use option;

impl Shape {
    /// Bytes that it takes, and the boundary that it starts at.
    fn layout(&self) -> (usize, usize) {
        match self {
            Shape::Byte => (1, 1),
            Shape::Word => (4, 4),
            Shape::Text | Shape::List(_) => (8, 4),
            Shape::Record(fields) => {
                let layouts = fields.iter().map(Shape::layout);
                let (end, align) = layouts.fold((0, 1), |(end, most), (size, align)| {
                    (up(end, align) + size, most.max(align))
                });
                (up(end, align), align)
            }
            Shape::Cases(cases) => {
                let (size, align) = carried(cases);
                (up(up(1, align) + size, align), align)
            }
        }
    }
}

fn up(at: usize, align: usize) -> usize {
    at.next_multiple_of(align)
}

/// The largest of what cases carry, and its boundary.
fn carried(cases: &[Option<Shape>]) -> (usize, usize) {
    let layouts = cases.iter().flatten().map(Shape::layout);
    layouts.fold((0, 1), |(size, align), (s, a)| (size.max(s), align.max(a)))
}

/// Bytes of an input, one after the other; zeros after its end.
pub(super) struct Input<'i>(pub &'i [u8]);

impl Input<'_> {
    pub(super) fn byte(&mut self) -> u8 {
        match self.0.split_first() {
            Some((first, rest)) => {
                self.0 = rest;
                *first
            }
            None => 0,
        }
    }

    fn word(&mut self) -> u32 {
        u32::from_le_bytes([self.byte(), self.byte(), self.byte(), self.byte()])
    }

    fn take(&mut self, count: usize) -> &[u8] {
        let (taken, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        taken
    }
}

/// Bytes that the guest has at its address 0.
pub(super) struct Image<'i> {
    bytes: Vec<u8>,
    input: Input<'i>,
}

/// Where the guest keeps nothing of the image.
const END: usize = 96 << 10;

impl<'i> Image<'i> {
    /// One whose texts and lists lie behind `start`.
    pub(super) fn new(start: usize, input: Input<'i>) -> Self {
        Image {
            bytes: vec![0; start],
            input,
        }
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Write a value at an address.
    pub(super) fn value(&mut self, shape: &Shape, at: usize) {
        match shape {
            Shape::Byte => {
                let byte = self.input.byte();
                self.put(at, &[byte]);
            }
            Shape::Word => {
                let word = self.input.word();
                self.put(at, &word.to_le_bytes());
            }
            Shape::Text => self.text(at),
            Shape::List(item) => self.list(item, at),
            Shape::Record(fields) => {
                let mut place = at;
                for field in *fields {
                    let (size, align) = field.layout();
                    place = up(place, align);
                    self.value(field, place);
                    place += size;
                }
            }
            Shape::Cases(cases) => self.case(cases, at),
        }
    }

    fn case(&mut self, cases: &[Option<Shape>], at: usize) {
        let said = self.input.byte();
        let meant = usize::from(said) % cases.len().max(1);
        let wild = said > 250;
        let case = if wild { said } else { meant as u8 };
        self.put(at, &[case]);
        if let Some(Some(shape)) = cases.get(meant) {
            self.value(shape, at + up(1, carried(cases).1));
        }
    }

    /// A text: short, long, or a pointer and a length that nobody meant.
    fn text(&mut self, at: usize) {
        match self.input.byte() {
            said @ 0..200 => {
                let text = self.input.take(usize::from(said)).to_vec();
                self.keep(at, &text, text.len());
            }
            said @ 200..250 => {
                let times = 16_usize << (said % 12);
                let count = usize::from(self.input.byte() % 9);
                let text = self.input.take(count).repeat(times);
                self.keep(at, &text, text.len());
            }
            _ => self.wild(at),
        }
    }

    fn list(&mut self, item: &Shape, at: usize) {
        let said = self.input.byte();
        if said > 250 {
            return self.wild(at);
        }
        let (size, _) = item.layout();
        let count = usize::from(said % 5);
        let start = self.keep(at, &vec![0; size * count], count);
        if let Some(start) = start {
            for n in 0..count {
                self.value(item, start + n * size);
            }
        }
    }

    fn wild(&mut self, at: usize) {
        let (start, count) = (self.input.word(), self.input.word());
        self.put(at, &start.to_le_bytes());
        self.put(at + 4, &count.to_le_bytes());
    }

    /// Put bytes behind what is there, with their address and a count at `at`; none where the image is
    /// full.
    fn keep(&mut self, at: usize, bytes: &[u8], count: usize) -> Option<usize> {
        let start = up(self.bytes.len(), 8);
        if start + bytes.len() > END {
            return None;
        }
        self.bytes.resize(start, 0);
        self.bytes.extend_from_slice(bytes);
        self.put(at, &(start as u32).to_le_bytes());
        self.put(at + 4, &(count as u32).to_le_bytes());
        Some(start)
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        if let Some(place) = self.bytes.get_mut(at..at + bytes.len()) {
            place.copy_from_slice(bytes);
        }
    }
}
