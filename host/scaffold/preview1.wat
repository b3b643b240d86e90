;; What C and Go import by themselves (WASI preview 1), answered without WASI: no files, no arguments,
;; no environment, a clock that moves when it is read, numbers from a seed. What is written to standard
;; output and standard error goes to the plugin's log, line by line.
(module
  (import "env" "memory" (memory 0))
  (import "k8shawk:host/log@0.1.0" "write" (func $log (param i32 i32 i32)))
  (global $now (mut i64) (i64.const 1))
  (global $seed (mut i64) (i64.const 0))
  ;; The line that is not at its end: a page of its own, which nobody else uses.
  (global $line (mut i32) (i32.const 0))
  (global $length (mut i32) (i32.const 0))

  ;; Levels of the log: 1 is info, 2 is warn.
  (func $flush (param $fd i32)
    (if (i32.eqz (global.get $length)) (then (return)))
    (call $log (select (i32.const 2) (i32.const 1) (i32.eq (local.get $fd) (i32.const 2)))
      (global.get $line) (global.get $length))
    (global.set $length (i32.const 0)))

  (func $put (param $fd i32) (param $byte i32)
    (if (i32.eq (local.get $byte) (i32.const 10)) (then (call $flush (local.get $fd)) (return)))
    (i32.store8 (i32.add (global.get $line) (global.get $length)) (local.get $byte))
    (global.set $length (i32.add (global.get $length) (i32.const 1)))
    (if (i32.ge_u (global.get $length) (i32.const 1024)) (then (call $flush (local.get $fd)))))

  (func $room
    (local $at i32)
    (if (global.get $line) (then (return)))
    (local.set $at (memory.grow (i32.const 1)))
    ;; No room: what is written is lost, and the plugin goes on.
    (if (i32.ne (local.get $at) (i32.const -1)) (then
      (global.set $line (i32.shl (local.get $at) (i32.const 16))))))

  (func (export "fd_write") (param $fd i32) (param $iovs i32) (param $count i32) (param $wrote i32) (result i32)
    (local $sum i32) (local $at i32) (local $end i32)
    (call $room)
    (block $done
      (loop $more
        (br_if $done (i32.eqz (local.get $count)))
        (local.set $at (i32.load (local.get $iovs)))
        (local.set $end (i32.add (local.get $at) (i32.load (i32.add (local.get $iovs) (i32.const 4)))))
        (local.set $sum (i32.add (local.get $sum) (i32.sub (local.get $end) (local.get $at))))
        (block $written
          (br_if $written (i32.eqz (global.get $line)))
          (loop $bytes
            (br_if $written (i32.ge_u (local.get $at) (local.get $end)))
            (call $put (local.get $fd) (i32.load8_u (local.get $at)))
            (local.set $at (i32.add (local.get $at) (i32.const 1)))
            (br $bytes)))
        (local.set $iovs (i32.add (local.get $iovs) (i32.const 8)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $more)))
    (i32.store (local.get $wrote) (local.get $sum)) (i32.const 0))

  ;; The last line says "called exit": nothing else tells it from a program that breaks.
  (func (export "proc_exit") (param i32)
    (call $flush (i32.const 2))
    (call $room)
    (if (global.get $line) (then
      (i64.store (global.get $line) (i64.const 0x652064656c6c6163))
      (i32.store (i32.add (global.get $line) (i32.const 8)) (i32.const 0x746978))
      (global.set $length (i32.const 11))
      (call $flush (i32.const 2))))
    unreachable)
  (func (export "proc_raise") (param i32) (result i32) unreachable)
  (func (export "sched_yield") (result i32) (i32.const 0))
  (func (export "args_get") (param i32 i32) (result i32) (i32.const 0))
  (func (export "args_sizes_get") (param i32 i32) (result i32)
    (i32.store (local.get 0) (i32.const 0)) (i32.store (local.get 1) (i32.const 0)) (i32.const 0))
  (func (export "environ_get") (param i32 i32) (result i32) (i32.const 0))
  (func (export "environ_sizes_get") (param i32 i32) (result i32)
    (i32.store (local.get 0) (i32.const 0)) (i32.store (local.get 1) (i32.const 0)) (i32.const 0))
  (func (export "clock_res_get") (param i32 i32) (result i32)
    (i64.store (local.get 1) (i64.const 1000)) (i32.const 0))
  (func (export "clock_time_get") (param i32 i64 i32) (result i32)
    (global.set $now (i64.add (global.get $now) (i64.const 1000)))
    (i64.store (local.get 2) (global.get $now)) (i32.const 0))
  (func (export "random_get") (param $at i32) (param $count i32) (result i32)
    (local $mixed i64)
    (block $done
      (loop $more
        (br_if $done (i32.eqz (local.get $count)))
        (global.set $seed (i64.add (global.get $seed) (i64.const 0x9e3779b97f4a7c15)))
        (local.set $mixed (i64.mul
          (i64.xor (global.get $seed) (i64.shr_u (global.get $seed) (i64.const 30)))
          (i64.const 0xbf58476d1ce4e5b9)))
        (i32.store8 (local.get $at) (i32.wrap_i64 (i64.shr_u (local.get $mixed) (i64.const 27))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $more)))
    (i32.const 0))
  ;; Waiting takes no time, and moves the clock by as long as it would have taken. One event, of the first
  ;; subscription: a clock (tag 0) until a time (flag 1) or for one, where a runtime waits for that.
  (func (export "poll_oneoff") (param $in i32) (param $out i32) (param $n i32) (param $got i32) (result i32)
    (local $until i64)
    (if (i32.eqz (i32.load8_u (i32.add (local.get $in) (i32.const 8)))) (then
      (local.set $until (i64.load (i32.add (local.get $in) (i32.const 24))))
      (if (i32.eqz (i32.and (i32.const 1) (i32.load16_u (i32.add (local.get $in) (i32.const 40))))) (then
        (local.set $until (i64.add (local.get $until) (global.get $now)))))
      (if (i64.gt_u (local.get $until) (global.get $now)) (then
        (global.set $now (local.get $until))))))
    (i64.store (local.get $out) (i64.load (local.get $in)))
    (i64.store (i32.add (local.get $out) (i32.const 8)) (i64.const 0))
    (i64.store (i32.add (local.get $out) (i32.const 16)) (i64.const 0))
    (i64.store (i32.add (local.get $out) (i32.const 24)) (i64.const 0))
    (i32.store (local.get $got) (i32.const 1)) (i32.const 0))
  ;; 8 is "bad descriptor", 44 "no such file".
  (func (export "fd_read") (param i32 i32 i32 i32) (result i32)
    (i32.store (local.get 3) (i32.const 0)) (i32.const 0))
  (func (export "fd_seek") (param i32 i64 i32 i32) (result i32) (i32.const 8))
  (func (export "fd_close") (param i32) (result i32) (i32.const 8))
  (func (export "fd_fdstat_get") (param i32 i32) (result i32) (i32.const 8))
  (func (export "fd_fdstat_set_flags") (param i32 i32) (result i32) (i32.const 8))
  (func (export "fd_prestat_get") (param i32 i32) (result i32) (i32.const 8))
  (func (export "fd_prestat_dir_name") (param i32 i32 i32) (result i32) (i32.const 8))
  (func (export "fd_advise") (param i32 i64 i64 i32) (result i32) (i32.const 8))
  (func (export "fd_allocate") (param i32 i64 i64) (result i32) (i32.const 8))
  (func (export "fd_datasync") (param i32) (result i32) (i32.const 8))
  (func (export "fd_fdstat_set_rights") (param i32 i64 i64) (result i32) (i32.const 8))
  (func (export "fd_filestat_get") (param i32 i32) (result i32) (i32.const 8))
  (func (export "fd_filestat_set_size") (param i32 i64) (result i32) (i32.const 8))
  (func (export "fd_filestat_set_times") (param i32 i64 i64 i32) (result i32) (i32.const 8))
  (func (export "fd_pread") (param i32 i32 i32 i64 i32) (result i32) (i32.const 8))
  (func (export "fd_pwrite") (param i32 i32 i32 i64 i32) (result i32) (i32.const 8))
  (func (export "fd_readdir") (param i32 i32 i32 i64 i32) (result i32) (i32.const 8))
  (func (export "fd_renumber") (param i32 i32) (result i32) (i32.const 8))
  (func (export "fd_sync") (param i32) (result i32) (i32.const 8))
  (func (export "fd_tell") (param i32 i32) (result i32) (i32.const 8))
  (func (export "sock_accept") (param i32 i32 i32) (result i32) (i32.const 8))
  (func (export "sock_recv") (param i32 i32 i32 i32 i32 i32) (result i32) (i32.const 8))
  (func (export "sock_send") (param i32 i32 i32 i32 i32) (result i32) (i32.const 8))
  (func (export "sock_shutdown") (param i32 i32) (result i32) (i32.const 8))
  (func (export "path_open") (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32) (i32.const 44))
  (func (export "path_create_directory") (param i32 i32 i32) (result i32) (i32.const 44))
  (func (export "path_filestat_get") (param i32 i32 i32 i32 i32) (result i32) (i32.const 44))
  (func (export "path_filestat_set_times") (param i32 i32 i32 i32 i64 i64 i32) (result i32) (i32.const 44))
  (func (export "path_link") (param i32 i32 i32 i32 i32 i32 i32) (result i32) (i32.const 44))
  (func (export "path_readlink") (param i32 i32 i32 i32 i32 i32) (result i32) (i32.const 44))
  (func (export "path_remove_directory") (param i32 i32 i32) (result i32) (i32.const 44))
  (func (export "path_rename") (param i32 i32 i32 i32 i32 i32) (result i32) (i32.const 44))
  (func (export "path_symlink") (param i32 i32 i32 i32 i32) (result i32) (i32.const 44))
  (func (export "path_unlink_file") (param i32 i32 i32) (result i32) (i32.const 44))
  (func (export "adapter_monotonic_clock_set_paused") (param i32)))
