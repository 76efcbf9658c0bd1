using System.Runtime.InteropServices;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes;

/// <summary>SIGCHLD must not be ignored, or the kernel throws away how children ended.</summary>
internal static unsafe class ChildSignal
{
    /// <summary>Sets it to its default when whoever started this process left it ignored; a handler stays.</summary>
    internal static void Restore()
    {
        var old = (byte*)NativeMemory.AllocZeroed(Libc.OpaqueSize);
        if (Libc.sigaction(Libc.SIGCHLD, null, old) == 0 && *(nint*)old == Libc.SIG_IGN)
        {
            NativeMemory.Clear(old, Libc.OpaqueSize);
            _ = Libc.sigaction(Libc.SIGCHLD, old, null);
        }
        NativeMemory.Free(old);
    }
}
