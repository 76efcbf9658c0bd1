using System.Buffers.Text;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes;

/// <summary>The fields of /proc/PID/stat that the worker uses.</summary>
/// <param name="Pid">The process id.</param>
/// <param name="State">R, S, D, T, Z (dead but not reaped) or X.</param>
/// <param name="Parent">The parent's process id.</param>
/// <param name="Group">The process group.</param>
/// <param name="Session">The session.</param>
/// <param name="StartTime">
/// When the process started, in clock ticks since boot.
/// The id and the start time together identify a process even if its id is reused.
/// </param>
/// <param name="CpuTicks">
/// The processor time of the process and of the children that it has waited for, in clock ticks.
/// </param>
internal readonly record struct ProcessStat(
    int Pid, char State, int Parent, int Group, int Session, long StartTime, long CpuTicks)
{
    /// <summary>Whether the process has ended and waits to be reaped.</summary>
    internal bool IsDead => State is 'Z' or 'X';

    /// <summary>Reads the fields of a process. Returns false if there is no such process.</summary>
    internal static bool TryRead(int pid, out ProcessStat stat)
    {
        stat = default;
        Span<byte> buffer = stackalloc byte[1024];
        var length = Descriptors.ReadSmall($"/proc/{pid}/stat", buffer);
        if (length <= 0) return false;
        // The second field is the name in parentheses. It may contain anything, including spaces and parentheses.
        var rest = buffer[..length];
        rest = rest[(rest.LastIndexOf((byte)')') + 2)..];
        var state = (char)rest[0];
        // The line's fields from the third on: 1 parent, 2 group, 3 session, 11 to 14 processor times, 19 start time.
        Span<long> numbers = stackalloc long[20];
        var field = 0;
        foreach (var range in rest.Split((byte)' '))
        {
            if (field == numbers.Length) break;
            if (field > 0 && !Utf8Parser.TryParse(rest[range], out numbers[field], out _)) return false;
            field++;
        }
        if (field < numbers.Length) return false;
        stat = new(pid, state, (int)numbers[1], (int)numbers[2], (int)numbers[3], numbers[19],
            numbers[11] + numbers[12] + numbers[13] + numbers[14]);
        return true;
    }
}
