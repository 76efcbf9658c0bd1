# Runs a list of system calls. SyscallScript.cs describes the form of a record.
        .intel_syntax noprefix
        .globl _start
_start: mov     r13, rsp
        mov     eax, 8                  # lseek(3, 0, SEEK_END): the length of the script
        mov     edi, 3
        xor     esi, esi
        mov     edx, 2
        syscall
        mov     rsi, rax
        mov     eax, 9                  # mmap(BASE, length, READ|WRITE, PRIVATE|FIXED, 3, 0)
        mov     edi, 0x10000000
        mov     edx, 3
        mov     r10d, 0x12
        mov     r8d, 3
        xor     r9d, r9d
        syscall
        cmp     rax, rdi
        jne     die
        mov     r12, rax
        lea     rcx, [r13+8]
        mov     [r12+16], rcx           # argv
        mov     rdx, [r13]
        lea     rcx, [rcx+rdx*8+8]
        mov     [r12+24], rcx           # envp
        lea     rbx, [r12+64]           # the first record
next:   mov     [r12], rbx
        mov     rax, [rbx+8]
        mov     rdi, [rbx+16]
        mov     rsi, [rbx+24]
        mov     rdx, [rbx+32]
        mov     r10, [rbx+40]
        mov     r8, [rbx+48]
        mov     r9, [rbx+56]
        cmp     dword ptr [rbx], 1
        je      decode
        ja      copy
        syscall
done:   mov     rcx, [rbx+64]
        mov     [rcx], rax
        test    rax, rax
        js      minus
        jz      zero
        mov     rbx, [rbx+72]
        jmp     next
zero:   mov     rbx, [rbx+80]
        jmp     next
minus:  mov     [r12+32], rbx           # the record that failed, and its error
        mov     [r12+40], rax
        mov     rbx, [rbx+88]
        jmp     next
decode: mov     eax, [rdi]              # a wait status: the exit code to [rsi], the signal as the result
        movzx   ecx, ah
        mov     [rsi], rcx
        and     eax, 0x7f
        jmp     done
copy:   mov     rax, [rdi]
        mov     [rsi], rax
        jmp     done
die:    mov     edi, 127
        mov     eax, 231                # exit_group
        syscall
