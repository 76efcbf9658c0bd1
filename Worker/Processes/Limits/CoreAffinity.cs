using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes.Limits;

/// <summary>
/// The cores that processes may run on, as the scheduler knows them (sched_setaffinity(2)). Children inherit them. A
/// process may change its own, but not beyond its control group's cpuset.
/// </summary>
internal static unsafe class CoreAffinity
{
    /// <summary>The cores that the kernel can name here: a mask of a kibibyte, as large as any kernel needs.</summary>
    internal const int Most = 64 * Words;

    private const int Words = 128;

    /// <summary>Returns the cores that this process may run on, in order; none if the system does not say.</summary>
    internal static int[] Own()
    {
        var mask = stackalloc ulong[Words];
        new Span<ulong>(mask, Words).Clear();
        return Libc.sched_getaffinity(Libc.getpid(), Words * sizeof(ulong), mask) < 0 ? []
            : [.. Read(new ReadOnlySpan<ulong>(mask, Words))];
    }

    /// <summary>Lets a process that has one thread run only on these cores. Returns why that failed, or null.</summary>
    internal static string? Set(int pid, IReadOnlyList<int> cores)
    {
        var mask = stackalloc ulong[Words];
        new Span<ulong>(mask, Words).Clear();
        foreach (var core in cores)
        {
            if (core is >= 0 and < Most)
                mask[core / 64] |= 1UL << (core % 64);
        }

        return Libc.sched_setaffinity(pid, Words * sizeof(ulong), mask) == 0 ? null
            : $"it cannot run on the cores {string.Join(',', cores)}: {Libc.Describe(Libc.LastError)}";
    }

    private static List<int> Read(ReadOnlySpan<ulong> mask)
    {
        List<int> cores = [];
        for (var core = 0; core < Most; core++)
        {
            if ((mask[core / 64] >> (core % 64) & 1) != 0)
                cores.Add(core);
        }

        return cores;
    }
}
