using System.Buffers.Binary;

namespace OrleansTasks.Worker.Processes.Sandbox;

/// <summary>
/// The BPF program with which the kernel decides which system calls a sandboxed command may make. It resembles the
/// default filters of container engines. A refused call fails with EPERM; an unknown call fails with ENOSYS, so that
/// the C library falls back to an older one.
/// </summary>
internal sealed class SeccompFilter
{
    private const uint Allow = 0x7fff0000, Fail = 0x00050000, EPERM = 1, ENOSYS = 38, EAFNOSUPPORT = 97;
    private const ushort Load = 0x20, JumpIfEqual = 0x15, JumpIfAtLeast = 0x35, JumpIfAny = 0x45, Return = 0x06;
    private const uint X32 = 0x40000000, NewNamespaces = 0x7E020080;

    // Where struct seccomp_data has the number, the architecture, and the low half of an argument.
    private const uint Number = 0, Architecture = 4, FirstArgument = 16, SecondArgument = 24, ThirdArgument = 32, FourthArgument = 40;
    private const uint SetsUserOrGroup = 0xC00, CreatesFile = 0x400040; // S_ISUID and S_ISGID; O_CREAT and O_TMPFILE
    private const uint TIOCSTI = 0x5412, TIOCLINUX = 0x541C;

    // Unix, IPv4, IPv6 and netlink, which the C library needs to resolve names.
    private static readonly uint[] Families = [1, 2, 10, 16];

    // Linux, without and with 3 GiB of address space, without randomized addresses; and the question which it is.
    private static readonly uint[] Personalities = [0, 8, 0x20000, 0x20008, 0xffffffff];

    // chmod, fchmod, fchmodat, fchmodat2, mknod, mknodat: the argument that has the mode.
    private static readonly (int Call, uint Mode)[] X64Modes =
    [
        (90, SecondArgument), (91, SecondArgument), (268, ThirdArgument), (452, ThirdArgument), (133, SecondArgument), (259, ThirdArgument),
        (85, SecondArgument), // creat
    ];

    private static readonly (int Call, uint Mode)[] ArmModes =
        [(52, SecondArgument), (53, ThirdArgument), (452, ThirdArgument), (33, ThirdArgument)];

    // open, openat: the arguments that have the flags and the mode.
    private static readonly (int Call, uint Flags, uint Mode)[] X64Opens = [(2, SecondArgument, ThirdArgument), (257, ThirdArgument, FourthArgument)];
    private static readonly (int Call, uint Flags, uint Mode)[] ArmOpens = [(56, ThirdArgument, FourthArgument)];

    private readonly List<byte> code = [];

    private SeccompFilter()
    {
    }

    /// <summary>Returns the filter's instructions, of 8 bytes each.</summary>
    internal static byte[] Make()
    {
        var filter = new SeccompFilter();
        filter.Write();
        return [.. filter.code];
    }

    private void Write()
    {
        Put(Load, Architecture);
        Unless(JumpIfEqual, SyscallNumbers.IsArm ? 0xC00000B7 : 0xC000003E, ENOSYS);
        Put(Load, Number);
        If(JumpIfAtLeast, X32, ENOSYS);
        If(JumpIfAtLeast, SyscallNumbers.Latest + 1, ENOSYS);
        If(JumpIfEqual, SyscallNumbers.Clone3, ENOSYS);
        // Its mode is in memory, where no filter sees it.
        If(JumpIfEqual, SyscallNumbers.OpenAt2, ENOSYS);
        foreach (var call in SyscallNumbers.Refused) If(JumpIfEqual, (uint)call, EPERM);
        OnlyWith(SyscallNumbers.Socket, Families, EAFNOSUPPORT);
        OnlyWith(SyscallNumbers.Personality, Personalities, EPERM);
        // A file of the command's may be root's on the machine, where such a file would run as root for every user.
        foreach (var (call, mode) in SyscallNumbers.IsArm ? ArmModes : X64Modes) WithoutBits(call, mode, SetsUserOrGroup);
        foreach (var (call, flags, mode) in SyscallNumbers.IsArm ? ArmOpens : X64Opens)
        {
            Put(JumpIfEqual, (uint)call, 0, 6);
            Put(Load, flags);
            Put(JumpIfAny, CreatesFile, 0, 3);
            Put(Load, mode);
            If(JumpIfAny, SetsUserOrGroup, EPERM);
            Put(Return, Allow);
        }

        // clone(2) with a new namespace
        WithoutBits(SyscallNumbers.Clone, FirstArgument, NewNamespaces);
        // ioctl(2) that types into a terminal
        Put(JumpIfEqual, (uint)SyscallNumbers.Ioctl, 0, 5);
        Put(Load, SecondArgument);
        If(JumpIfEqual, TIOCSTI, EPERM);
        If(JumpIfEqual, TIOCLINUX, EPERM);
        Put(Return, Allow);
    }

    /// <summary>Refuses a call if an argument has any of some bits.</summary>
    private void WithoutBits(int call, uint argument, uint bits)
    {
        Put(JumpIfEqual, (uint)call, 0, 4);
        Put(Load, argument);
        If(JumpIfAny, bits, EPERM);
        Put(Return, Allow);
    }

    private void OnlyWith(int call, uint[] values, uint error)
    {
        Put(JumpIfEqual, (uint)call, 0, (byte)(values.Length + 3));
        Put(Load, FirstArgument);
        for (var i = 0; i < values.Length; i++) Put(JumpIfEqual, values[i], (byte)(values.Length - i));
        Put(Return, Fail | error);
        Put(Return, Allow);
    }

    private void If(ushort test, uint value, uint error)
    {
        Put(test, value, 0, 1);
        Put(Return, Fail | error);
    }

    private void Unless(ushort test, uint value, uint error)
    {
        Put(test, value, 1);
        Put(Return, Fail | error);
    }

    private void Put(ushort operation, uint value, byte ifTrue = 0, byte ifFalse = 0)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, operation);
        (bytes[2], bytes[3]) = (ifTrue, ifFalse);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[4..], value);
        code.AddRange(bytes);
    }
}
