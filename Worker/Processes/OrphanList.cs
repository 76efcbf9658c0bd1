using System.Globalization;
using System.Runtime.InteropServices;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes;

/// <summary>
/// The children of one thread of this process, read from an open file of /proc in one call.
/// The kernel gives orphans to the first thread of the nearest subreaper. A process that another thread spawned is in
/// that thread's list, and so is a process that a command created with CLONE_PARENT, as a child of its own parent.
/// </summary>
internal sealed unsafe class OrphanList : IDisposable
{
    private const int BufferSize = 64 * 1024;
    private readonly byte* buffer = (byte*)NativeMemory.Alloc(BufferSize);
    private readonly List<int> pids = [];
    private readonly bool isFirst;
    private int descriptor;

    private OrphanList(bool isFirst, int descriptor) => (this.isFirst, this.descriptor) = (isFirst, descriptor);

    /// <summary>Opens the list of the first thread, which receives orphans.</summary>
    internal OrphanList() : this(true, Open(Environment.ProcessId))
    {
    }

    /// <summary>Opens the list of any thread.</summary>
    internal OrphanList(int thread) : this(false, Open(thread))
    {
    }

    /// <summary>A list without children.</summary>
    internal static OrphanList None => new(false, -1);

    /// <summary>
    /// Returns the thread's current children, orphans and spawned processes alike; valid until the next call. A kernel
    /// without CONFIG_PROC_CHILDREN does not separate threads, so the first thread's list then has all children.
    /// </summary>
    internal List<int> Read()
    {
        pids.Clear();
        if (descriptor < 0 && isFirst) ProcessTree.ChildrenByScan(Environment.ProcessId, pids);
        else if (descriptor >= 0) ReadList();
        return pids;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Descriptors.Close(ref descriptor);
        NativeMemory.Free(buffer);
    }

    private static int Open(int thread) => Libc.open(string.Create(CultureInfo.InvariantCulture,
        $"/proc/{Environment.ProcessId}/task/{thread}/children"), Libc.O_RDONLY | Libc.O_CLOEXEC);

    private void ReadList()
    {
        long offset = 0;
        var pid = 0;
        while (true)
        {
            var n = Libc.pread(descriptor, buffer, BufferSize, offset);
            if (n < 0 && Libc.LastError == Libc.EINTR) continue;
            if (n <= 0) return;
            offset += n;
            for (var at = buffer; at < buffer + n; at++)
            {
                if (*at is >= (byte)'0' and <= (byte)'9') pid = (pid * 10) + *at - '0';
                else
                {
                    if (pid != 0) pids.Add(pid);
                    pid = 0;
                }
            }
            // A read returns at most a page.
            // Less than half a page means the end; a second read to confirm it would double the usual cost.
            if (n < 4096 / 2) return;
        }
    }
}
