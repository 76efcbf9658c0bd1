using System.Buffers.Text;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes;

/// <summary>What /proc/PID/stat tells of a process.</summary>
/// <param name="Pid">Its id.</param>
/// <param name="State">R, S, D, T, Z (dead, not reaped), X.</param>
/// <param name="Parent">Its parent's id.</param>
/// <param name="Group">Its process group.</param>
/// <param name="Session">Its session.</param>
/// <param name="StartTime">
/// When it started, in clock ticks since boot: with the id, it names the process for good.
/// </param>
/// <param name="CpuTicks">The processor time of it and of what it has waited for, in clock ticks.</param>
internal readonly record struct ProcessStat(
    int Pid, char State, int Parent, int Group, int Session, long StartTime, long CpuTicks)
{
    /// <summary>Whether it has ended and waits to be reaped.</summary>
    internal bool IsDead => State is 'Z' or 'X';

    /// <summary>Reads it; false when there is no such process.</summary>
    internal static bool TryRead(int pid, out ProcessStat stat)
    {
        stat = default;
        Span<byte> buffer = stackalloc byte[1024];
        var length = Descriptors.ReadSmall($"/proc/{pid}/stat", buffer);
        if (length <= 0) return false;
        // The second field is the name in brackets, which may hold anything, also spaces and brackets.
        var rest = buffer[..length];
        rest = rest[(rest.LastIndexOf((byte)')') + 2)..];
        var state = (char)rest[0];
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
