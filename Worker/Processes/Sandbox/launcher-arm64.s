// Runs a list of system calls. SyscallScript.cs describes the form of a record.
        .globl _start
_start: mov     x20, sp
        mov     x8, #62                 // lseek(3, 0, SEEK_END): the length of the script
        mov     x0, #3
        mov     x1, #0
        mov     x2, #2
        svc     #0
        mov     x1, x0
        mov     x8, #222                // mmap(BASE, length, READ|WRITE, PRIVATE|FIXED, 3, 0)
        mov     x0, #0x10000000
        mov     x2, #3
        mov     x3, #0x12
        mov     x4, #3
        mov     x5, #0
        svc     #0
        mov     x21, #0x10000000
        cmp     x0, x21
        b.ne    die
        add     x9, x20, #8
        str     x9, [x21, #16]          // argv
        ldr     x10, [x20]
        add     x9, x9, x10, lsl #3
        add     x9, x9, #8
        str     x9, [x21, #24]          // envp
        add     x19, x21, #64           // the first record
next:   str     x19, [x21]
        ldp     x6, x8, [x19]
        ldp     x0, x1, [x19, #16]
        ldp     x2, x3, [x19, #32]
        ldp     x4, x5, [x19, #48]
        cmp     w6, #1
        b.eq    decode
        b.hi    copy
        svc     #0
done:   ldr     x9, [x19, #64]
        str     x0, [x9]
        cmp     x0, #0
        b.lt    minus
        b.eq    zero
        ldr     x19, [x19, #72]
        b       next
zero:   ldr     x19, [x19, #80]
        b       next
minus:  stp     x19, x0, [x21, #32]     // the record that failed, and its error
        ldr     x19, [x19, #88]
        b       next
decode: ldr     w0, [x0]                // a wait status: the exit code to [x1], the signal as the result
        ubfx    x9, x0, #8, #8
        str     x9, [x1]
        and     x0, x0, #0x7f
        b       done
copy:   ldr     x0, [x0]
        str     x0, [x1]
        b       done
die:    mov     x0, #127
        mov     x8, #94                 // exit_group
        svc     #0
