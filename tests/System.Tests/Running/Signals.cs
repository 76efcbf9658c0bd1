using System.Globalization;
using System.Runtime.InteropServices;

namespace OrleansTasks.System.Tests.Running;

/// <summary>Sends signals to processes.</summary>
internal static class Signals
{
    public const int Interrupt = 2;
    public const int Terminate = 15;
    public const int Kill = 9;
    public const int User2 = 12;
    public const int Stop = 19;
    public const int Continue = 18;

    /// <summary>Sends one; false when there is no such process.</summary>
    public static bool Send(int process, int signal) => kill(process, signal) == 0;

    /// <summary>Whether a process is dead, reaped or not.</summary>
    public static bool IsGone(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/stat").Contains(") Z ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            // Not there, or reaped between being opened and being read.
            return true;
        }
    }

    /// <summary>Whether a thread, given by its folder in /proc, leaves a signal to others.</summary>
    public static bool IsBlocked(string thread, int signal)
    {
        const string field = "SigBlk:";
        var line = File.ReadLines(Path.Combine(thread, "status")).Single(static line => line.StartsWith(field, StringComparison.Ordinal));
        return (ulong.Parse(line.AsSpan(field.Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) >> (signal - 1) & 1) == 1;
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int kill(int pid, int sig);
}
