using System.Runtime.InteropServices;

namespace OrleansTasks.Worker.Processes.Interop;

internal static unsafe partial class Libc
{
    internal const int EPOLL_CTL_ADD = 1, EPOLL_CTL_DEL = 2, EPOLL_CTL_MOD = 3;
    internal const uint EPOLLIN = 1, EPOLLOUT = 4, EPOLLERR = 8, EPOLLHUP = 0x10, EPOLLEXCLUSIVE = 1u << 28;
    internal const int EFD_CLOEXEC = O_CLOEXEC, EFD_NONBLOCK = O_NONBLOCK, EFD_SEMAPHORE = 1;
    internal const short POLLIN = 1;

    /// <summary>The size of struct epoll_event, which is packed on x64 only.</summary>
    internal static readonly int EpollEventSize = IsArm ? 16 : 12;

    /// <summary>The offset of the data in struct epoll_event.</summary>
    internal static readonly int EpollDataOffset = IsArm ? 8 : 4;

    /// <summary>struct pollfd.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct PollDescriptor
    {
        internal int Descriptor;
        internal short Events;
        internal short Returned;
    }

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int epoll_create1(int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int epoll_ctl(int poller, int operation, int descriptor, byte* change);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int epoll_wait(int poller, byte* events, int capacity, int timeoutMilliseconds);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int eventfd(uint initial, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int poll(PollDescriptor* descriptors, nuint count, int timeoutMilliseconds);
}
