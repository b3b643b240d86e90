#!/usr/bin/env bash
# English that reads as translated, or that the field has a better word for: scripts/phrasings.tsv has
# a pattern, what to say instead and why on each line. A space of a pattern is any space or line break
# of the text, also within a comment or a string that goes over several lines.
# Recordings, stored databases, frozen components, licences and the list itself are not searched.
set -euo pipefail
cd "$(dirname "$0")/.."
git ls-files -z -- . ':!tests/incidents' ':!tests/knowledge-base' ':!tests/stored' \
  ':!tests/hostile/frozen' ':!tests/fuzz/corpus' ':!tests/fuzz/words' ':!LICENSE' ':!*.lock' ':!scripts/phrasings.*' |
  perl -e '
    use strict; use warnings;
    my $gap = qr{(?:[ \t]+|[ \t]*\\?\n[ \t]*(?:(?://[/!]?|\#|--|\*|>)[ \t]*)?)};
    open my $list, "<", "scripts/phrasings.tsv" or die "scripts/phrasings.tsv: $!";
    my @rules;
    while (<$list>) {
      chomp;
      my ($pattern, $instead, $why) = split /\t/;
      die "scripts/phrasings.tsv:$.: three fields are needed\n" unless $why;
      $pattern =~ s/ /\$gap/g;
      $pattern =~ s/\$gap/$gap/g;
      push @rules, [qr/$pattern/mi, $instead];
    }
    my $any = join "|", map { $_->[0] } @rules;
    my $found = 0;
    local $/;
    for my $file (split /\0/, <STDIN>) {
      next unless -T $file;
      open my $in, "<", $file or next;
      my $text = <$in>;
      next unless defined $text and $text =~ /$any/;
      for my $rule (@rules) {
        while ($text =~ /$rule->[0]/g) {
          my ($said, $line) = ($&, 1 + (substr($text, 0, $-[0]) =~ tr/\n//));
          $said =~ s/$gap/ /g;
          print STDERR "$file:$line: \"$said\": say \"$rule->[1]\"\n";
          $found = 1;
        }
      }
    }
    exit $found;
  '
