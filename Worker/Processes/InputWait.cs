using System.Globalization;
using System.Runtime.InteropServices;

namespace OrleansTasks.Worker.Processes;

/// <summary>
/// Tells whether a process tree can only continue when it gets more input: each of its threads reads a pipe as its
/// standard input, or waits for a child. If the system does not show which system call a thread is in, the answer is
/// no.
/// </summary>
internal static class InputWait
{
    private static readonly bool IsArm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;
    // The number of the system call read.
    private static readonly long Read = IsArm ? 63 : 0;

    /// <summary>The numbers of the system calls wait4, waitid and rt_sigsuspend.</summary>
    private static readonly long[] Waits = IsArm ? [260, 95, 133] : [61, 247, 130];

    // The number of the system call rt_sigtimedwait: the first process of a sandbox waits in it for children to end.
    private static readonly long AwaitSignal = IsArm ? 137 : 128;

    /// <summary>Examines a process and its descendants.</summary>
    internal static bool IsStalled(int pid)
    {
        if (pid <= 0)
            return false;
        var tree = new List<ProcessStat>();
        ProcessTree.AddDescendants(pid, tree);
        try
        {
            return tree.Select(static stat => stat.Pid).Append(pid).All(AllWait);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool AllWait(int pid)
    {
        try
        {
            return Directory.EnumerateDirectories($"/proc/{pid}/task")
                .All(thread => WaitsIn(File.ReadAllText(thread + "/syscall"), pid));
        }
        catch (Exception e) when (e is (IOException or UnauthorizedAccessException) && IsFirstOfNamespace(pid))
        {
            // The first process of a sandbox only reaps children. It may run as a user whose system calls the worker
            // cannot see.
            return true;
        }
    }

    private static bool WaitsIn(string line, int pid)
    {
        // The call, its six arguments, and two registers.
        var words = line.Split(' ');
        if (words.Length < 4 || !long.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out var call))
            return false;
        return Waits.Contains(call)
            // A null timeout: it waits until a signal arrives.
            || (call == AwaitSignal && words[3] == "0x0")
            || (call == Read && words[1] == "0x0" && IsPipe($"/proc/{pid}/fd/0"));
    }

    /// <summary>Whether a process is number 1 in a namespace of process ids below the worker's own.</summary>
    private static bool IsFirstOfNamespace(int pid) =>
        Array.Find(
            File.ReadAllLines($"/proc/{pid}/status"),
            static line => line.StartsWith("NSpid:", StringComparison.Ordinal))?.Split('\t') is [_, _, .., "1"];

    private static bool IsPipe(string path) => new FileInfo(path).LinkTarget?.StartsWith("pipe:", StringComparison.Ordinal) == true;
}
