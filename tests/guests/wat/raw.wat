;; A connector without a language: what no compiler would let a guest do to the canonical ABI, to tables and to traps.
;;
;; The first letter of the entity says which sin `query` commits; the other exports are never called. What must happen:
;; the guest is ended where it breaks a rule, the answer is the error named here, the process lives on, and the next
;; invocation, of the entity `good`, is right.
;;
;;   a  takes table elements without end, and falls when refused     ServerError: tables count as memory
;;   b  the same, and goes on when refused                            a good answer
;;   m  takes linear memory without end, and falls when refused       ServerError
;;   d  calls itself through a table, without end                     UnknownError, stack
;;   u  falls; v divides by zero; w calls an empty table element;     UnknownError
;;   x  reads outside of its memory                                   UnknownError
;;   e  answers with a place outside of its memory                    UnknownError
;;   f  answers with a place that is not aligned                      UnknownError
;;   h  answers with a case that the type does not have               UnknownError
;;   i  the same inside of the answer                                 UnknownError
;;   j  gives a token outside of its memory                           UnknownError
;;   k  gives a token of two gigabytes                                UnknownError
;;   l  gives a token that is no UTF-8                                UnknownError
;;   n  falls after its answer, when the host lets go of it           UnknownError, and nothing of the answer
;;   o  spins there                                                   RequestTimeout
;;   p  calls the host there                                          UnknownError
;;   q  says, asked for memory by the host, a place outside of it     UnknownError
;;   r  calls the host there                                          UnknownError
;;   s  spins there                                                   RequestTimeout
;;   t  falls there                                                   UnknownError
;;   g  is good                                                       three records
(module
  (type $nothing (func))
  (import "appflow:connector/invocation@0.1.0" "current" (func $current (param i32)))
  (import "appflow:connector/page@0.1.0" "emit" (func $emit (param i32 i32 i32)))

  (memory (export "memory") 1)
  (table $table 2 funcref)
  (elem (i32.const 0) func $deeper)

  (data (i32.const 16) "{\"id\":1}{\"id\":2}{\"id\":3}")
  (data (i32.const 48) "\ff\fe\fd")

  ;; Which sin is committed, and the end of what has been given out.
  (global $sin (mut i32) (i32.const 0))
  (global $top (mut i32) (i32.const 4096))

  (func $spin (loop $again (br $again)))
  (func $deeper (type $nothing) (call_indirect (type $nothing) (i32.const 0)))
  (func $is (param $letter i32) (result i32) (i32.eq (global.get $sin) (local.get $letter)))

  (func (export "cabi_realloc") (param $old i32) (param $old-size i32) (param $align i32) (param $size i32) (result i32)
    (local $place i32)
    (if (call $is (i32.const 113)) (then (return (i32.const 0xffffff00))))                  ;; q
    (if (call $is (i32.const 114)) (then (call $current (i32.const 2048))))                 ;; r
    (if (call $is (i32.const 115)) (then (call $spin)))                                     ;; s
    (if (call $is (i32.const 116)) (then (unreachable)))                                    ;; t
    (local.set $place
      (i32.and
        (i32.add (global.get $top) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
    (global.set $top (i32.add (local.get $place) (local.get $size)))
    (block $enough
      (loop $more
        (br_if $enough (i32.le_u (global.get $top) (i32.mul (memory.size) (i32.const 65536))))
        (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then (unreachable)))
        (br $more)))
    (local.get $place))

  ;; An answer at 1024: result<option<string>, error>, all zero for none.
  (func $query (export "appflow:connector/source@0.1.0#query") (param $arguments i32) (result i32)
    ;; The entity is the third text of the arguments: after the API version and the list of settings.
    (global.set $sin (i32.load8_u (i32.load (i32.add (local.get $arguments) (i32.const 16)))))
    (if (call $is (i32.const 97)) (then                                                     ;; a
      (loop $more
        (if (i32.eq (table.grow $table (ref.null func) (i32.const 65536)) (i32.const -1)) (then (unreachable)))
        (br $more))))
    (if (call $is (i32.const 98)) (then                                                     ;; b
      (block $refused
        (loop $more
          (br_if $refused (i32.eq (table.grow $table (ref.null func) (i32.const 65536)) (i32.const -1)))
          (br $more)))))
    (if (call $is (i32.const 109)) (then                                                    ;; m
      (loop $more
        (if (i32.eq (memory.grow (i32.const 16)) (i32.const -1)) (then (unreachable)))
        (br $more))))
    (if (call $is (i32.const 100)) (then (call $deeper)))                                   ;; d
    (if (call $is (i32.const 117)) (then (unreachable)))                                    ;; u
    (if (call $is (i32.const 118)) (then                                                    ;; v
      (drop (i32.div_u (i32.const 1) (i32.load (i32.const 1024))))))
    (if (call $is (i32.const 119)) (then                                                    ;; w
      (call_indirect (type $nothing) (i32.const 1))))
    (if (call $is (i32.const 120)) (then (drop (i32.load (i32.const 0xfffffff0)))))         ;; x
    (if (call $is (i32.const 101)) (then (return (i32.const 0xffffff00))))                  ;; e
    (if (call $is (i32.const 102)) (then (return (i32.const 1025))))                        ;; f
    (if (call $is (i32.const 104)) (then (i32.store8 (i32.const 1024) (i32.const 9))))      ;; h
    (if (call $is (i32.const 105)) (then (i32.store8 (i32.const 1028) (i32.const 7))))      ;; i
    (if (call $is (i32.const 106)) (then (call $token (i32.const 0xffffff00) (i32.const 8))))          ;; j
    (if (call $is (i32.const 107)) (then (call $token (i32.const 16) (i32.const 0x7fffffff))))         ;; k
    (if (call $is (i32.const 108)) (then (call $token (i32.const 48) (i32.const 3))))       ;; l
    ;; What comes back from here has strings in it, for which the host asks for memory.
    (call $current (i32.const 2048))
    (call $emit (i32.const 16) (i32.const 8) (i32.const 3072))
    (call $emit (i32.const 24) (i32.const 8) (i32.const 3072))
    (call $emit (i32.const 32) (i32.const 8) (i32.const 3072))
    (i32.const 1024))

  (func $token (param $place i32) (param $length i32)
    (i32.store8 (i32.const 1028) (i32.const 1))
    (i32.store (i32.const 1032) (local.get $place))
    (i32.store (i32.const 1036) (local.get $length)))

  (func (export "cabi_post_appflow:connector/source@0.1.0#query") (param i32)
    (if (call $is (i32.const 110)) (then (unreachable)))                                    ;; n
    (if (call $is (i32.const 111)) (then (call $spin)))                                     ;; o
    (if (call $is (i32.const 112)) (then (call $current (i32.const 2048)))))                ;; p

  (func (export "appflow:connector/source@0.1.0#retrieve")
    (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32) (unreachable))
  (func (export "appflow:connector/configuration@0.1.0#describe") (param i32 i32) (result i32) (unreachable))
  (func (export "appflow:connector/configuration@0.1.0#validate-settings")
    (param i32 i32 i32 i32 i32) (result i32) (unreachable))
  (func (export "appflow:connector/configuration@0.1.0#validate-credentials")
    (param i32 i32) (result i32) (unreachable))
  (func (export "appflow:connector/metadata@0.1.0#list-entities")
    (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32) (unreachable))
  (func (export "appflow:connector/metadata@0.1.0#describe-entity")
    (param i32 i32 i32 i32 i32 i32) (result i32) (unreachable)))
