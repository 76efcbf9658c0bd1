using System.Globalization;
using System.Runtime.InteropServices;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes;

/// <summary>
/// The processes that became children of this one because their parent died, read from an open file of /proc in one
/// call. The kernel gives orphans to the first thread of the nearest subreaper; what other threads spawn is not in
/// its list.
/// </summary>
internal sealed unsafe class OrphanList : IDisposable
{
    private const int BufferSize = 64 * 1024;
    private readonly byte* buffer = (byte*)NativeMemory.Alloc(BufferSize);
    private readonly List<int> pids = [];
    private int descriptor = Open();

    /// <summary>
    /// The children of the first thread now: orphans, and what else it has spawned. Valid until the next call.
    /// </summary>
    internal List<int> Read()
    {
        pids.Clear();
        if (descriptor < 0) ProcessTree.ChildrenByScan(Environment.ProcessId, pids);
        else ReadList();
        return pids;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Descriptors.Close(ref descriptor);
        NativeMemory.Free(buffer);
    }

    // A kernel without CONFIG_PROC_CHILDREN has no such file.
    private static int Open()
    {
        var pid = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        return Libc.open($"/proc/{pid}/task/{pid}/children", Libc.O_RDONLY | Libc.O_CLOEXEC);
    }

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
            // A short answer to a buffer of this size is the end; asking again would double the cost of the usual case.
            if (n < 4096 / 2) return;
        }
    }
}
