using System.Buffers.Binary;
using System.Runtime.InteropServices;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes.Sandbox;

/// <summary>
/// The program between the worker and a sandboxed command: it runs the list of system calls that a
/// <see cref="SyscallScript"/> is. It has 200 bytes and no state of its own, because nothing of .NET can run between
/// fork and exec, and building a program in C would take a compiler. launcher-x64.s and launcher-arm64.s are its
/// source; a test compares the bytes here with what the assembler makes of them.
/// </summary>
internal static unsafe class Launcher
{
    private const int HeaderSize = 0x78;
    private const long LoadAddress = 0x400000;
    private const uint CloseOnExec = 1, AllowSealing = 2, Executable = 16;
    private const int F_ADD_SEALS = 1033, AllSeals = 15;

    private const string X64 =
        "SYnluAgAAAC/AwAAADH2ugIAAAAPBUiJxrgJAAAAvwAAABC6AwAAAEG6EgAAAEG4AwAAAEUxyQ8FSDn4D4WHAAAASYnESY1NCEmJ"
        + "TCQQSYtVAEiNTNEISYlMJBhJjVwkQEmJHCRIi0MISIt7EEiLcxhIi1MgTItTKEyLQzBMi0s4gzsBdC53OQ8FSItLQEiJAUiFwHgO"
        + "dAZIi1tI68NIi1tQ671JiVwkIEmJRCQoSItbWOutiwcPtsxIiQ6D4H/ryUiLB0iJBuvBv38AAAC45wAAAA8F";

    private const string Arm64 =
        "9AMAkcgHgNJgAIDSAQCA0kIAgNIBAADU4QMAqsgbgNIAAKLSYgCA0kMCgNJkAIDSBQCA0gEAANQVAKLSHwAV66EEAFSJIgCRqQoA"
        + "+YoCQPkpDQqLKSEAkakOAPmzAgGRswIA+WYiQKlgBkGpYg5CqWQWQ6nfBABx4AEAVGgCAFQBAADUaSJA+SABAPkfAADxywAAVGAA"
        + "AFRzJkD58f//F3MqQPnv//8XswICqXMuQPns//8XAABAuQk8SNMpAAD5ABhAkvD//xcAAED5IAAA+e3//xfgD4DSyAuA0gEAANQ=";

    /// <summary>The program's instructions; null if there are none for this processor.</summary>
    internal static byte[]? Code(Architecture architecture) => architecture switch
    {
        Architecture.X64 => Convert.FromBase64String(X64),
        Architecture.Arm64 => Convert.FromBase64String(Arm64),
        _ => null,
    };

    /// <summary>Whether there is a program for this machine's processor: for x64 and arm64.</summary>
    internal static bool IsSupported => Code(RuntimeInformation.ProcessArchitecture) is not null;

    /// <summary>
    /// Makes a file in memory that has the program and that nobody can change, since a command can open it as
    /// /proc/1/exe. Returns a negative number if the system refuses that.
    /// </summary>
    internal static int Open()
    {
        if (Code(RuntimeInformation.ProcessArchitecture) is not { } code) throw new PlatformNotSupportedException();
        var image = Image(code, RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? (ushort)183 : (ushort)62);
        var descriptor = Libc.memfd_create("sandbox", CloseOnExec | AllowSealing | Executable);
        // Kernels before 6.3 do not know that flag.
        if (descriptor < 0) descriptor = Libc.memfd_create("sandbox", CloseOnExec | AllowSealing);
        if (descriptor < 0) return -1;
        fixed (byte* start = image)
        {
            if (Libc.write(descriptor, start, (nuint)image.Length) == image.Length && Libc.fcntl(descriptor, F_ADD_SEALS, AllSeals) == 0
                && SandboxStart.TryRaise(ref descriptor))
                return descriptor;
        }
        _ = Libc.close(descriptor);
        return -1;
    }

    /// <summary>An ELF file with one segment.</summary>
    private static byte[] Image(byte[] code, ushort machine)
    {
        var image = new byte[HeaderSize + code.Length];
        var at = image.AsSpan();
        ReadOnlySpan<byte> identification = [0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1];
        identification.CopyTo(at);
        BinaryPrimitives.WriteUInt16LittleEndian(at[16..], 2); // ET_EXEC
        BinaryPrimitives.WriteUInt16LittleEndian(at[18..], machine);
        BinaryPrimitives.WriteUInt32LittleEndian(at[20..], 1);
        BinaryPrimitives.WriteInt64LittleEndian(at[24..], LoadAddress + HeaderSize); // Entry
        BinaryPrimitives.WriteInt64LittleEndian(at[32..], 64); // Program headers
        BinaryPrimitives.WriteUInt16LittleEndian(at[52..], 64);
        BinaryPrimitives.WriteUInt16LittleEndian(at[54..], 56);
        BinaryPrimitives.WriteUInt16LittleEndian(at[56..], 1);
        BinaryPrimitives.WriteUInt32LittleEndian(at[64..], 1); // PT_LOAD
        BinaryPrimitives.WriteUInt32LittleEndian(at[68..], 5); // Readable and executable
        BinaryPrimitives.WriteInt64LittleEndian(at[80..], LoadAddress);
        BinaryPrimitives.WriteInt64LittleEndian(at[88..], LoadAddress);
        BinaryPrimitives.WriteInt64LittleEndian(at[96..], image.Length);
        BinaryPrimitives.WriteInt64LittleEndian(at[104..], image.Length);
        BinaryPrimitives.WriteInt64LittleEndian(at[112..], 0x1000);
        code.CopyTo(at[HeaderSize..]);
        return image;
    }
}
