using System.Runtime.InteropServices;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes;

/// <summary>Keeps SIGCHLD from being ignored, since the kernel would then discard how children ended.</summary>
internal static unsafe class ChildSignal
{
    /// <summary>Sets SIGCHLD to its default if this process inherited it ignored. A handler stays in place.</summary>
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
