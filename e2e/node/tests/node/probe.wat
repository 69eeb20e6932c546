;; Passes its input to the chain extension and returns what came back, so that a test can call any function:
;; input  = number of the function (u16, little endian), then the arguments;
;; output = code (u32, little endian), then the output buffer.
(module
    (import "seal0" "input" (func $input (param i32 i32)))
    (import "seal0" "seal_return" (func $return (param i32 i32 i32)))
    (import "seal0" "call_chain_extension" (func $extension (param i32 i32 i32 i32 i32) (result i32)))
    (import "env" "memory" (memory 1 1))

    (func (export "deploy"))

    ;; Memory: 0 length of the input, 4 length of the output, 16 input, 1024 code, 1028 output.
    (func (export "call")
        (i32.store (i32.const 0) (i32.const 1000))
        (call $input (i32.const 16) (i32.const 0))
        (i32.store (i32.const 4) (i32.const 256))
        (i32.store (i32.const 1024)
            (call $extension
                (i32.or (i32.const 0x10000000) (i32.load16_u (i32.const 16)))
                (i32.const 18)
                (i32.sub (i32.load (i32.const 0)) (i32.const 2))
                (i32.const 1028)
                (i32.const 4)))
        (call $return (i32.const 0) (i32.const 1024) (i32.add (i32.const 4) (i32.load (i32.const 4)))))
)
