using System.Globalization;
using System.Text;
using OrleansTasks.Worker.Files;
using OrleansTasks.Worker.Supervision;

namespace OrleansTasks.Worker.Agent;

/// <summary>
/// The earlier runs of a worker of which a process may still be alive. A <see cref="DeadMarker"/> covers only one run:
/// an earlier run may have been killed together with its supervisor, so that its trees survive. A run is removed from
/// the list once its marker exists, the machine has been restarted, or its leases have long lapsed.
/// </summary>
public sealed class RunList
{
    /// <summary>Twice the longest possible lease.</summary>
    private static readonly TimeSpan Remembered = TimeSpan.FromDays(2);

    private readonly string path;
    private readonly string boot;
    private readonly List<Run> runs = [];

    private RunList(string path, string boot) => (this.path, this.boot) = (path, boot);

    /// <summary>Whether the list has any run before this one.</summary>
    public bool HadAny { get; private set; }

    /// <summary>The process id of the last run; 0 if there was none.</summary>
    public int Last { get; private set; }

    /// <summary>Whether no process of the listed runs can be alive.</summary>
    public bool AreAllDead => runs.Count == 0;

    /// <summary>Reads the list of a worker's data folder.</summary>
    /// <param name="folder">The data folder.</param>
    /// <param name="boot">The id of the machine's current boot.</param>
    /// <param name="now">The time since that boot.</param>
    public static RunList Read(string folder, string boot, TimeSpan now)
    {
        var list = new RunList(Path.Combine(folder, "runs"), boot);
        if (!File.Exists(list.path)) return list;
        foreach (var line in File.ReadAllLines(list.path))
        {
            if (line.Split(' ') is not [var run, var pid, var since] || !int.TryParse(pid, CultureInfo.InvariantCulture, out var number)
                || !double.TryParse(since, CultureInfo.InvariantCulture, out var seconds)) continue;
            list.HadAny = true;
            list.Last = number;
            var isForgotten = seconds > 0 && now - TimeSpan.FromSeconds(seconds) >= Remembered;
            if (run == boot && !isForgotten) list.runs.Add(new(number, seconds));
        }
        return list;
    }

    /// <summary>Removes the run of a process, of which nothing is left.</summary>
    public void Remove(int processId) => runs.RemoveAll(run => run.ProcessId == processId);

    /// <summary>
    /// Adds the present run and writes the list. For earlier runs, the time from which they are certainly over is
    /// recorded.
    /// </summary>
    /// <exception cref="IOException">The list cannot be written.</exception>
    public void Begin(int processId, TimeSpan now)
    {
        var text = new StringBuilder();
        foreach (var run in runs)
            text.Append(CultureInfo.InvariantCulture,
                $"{boot} {run.ProcessId} {(run.Since > 0 ? run.Since : Math.Max(1, now.TotalSeconds)):F0}\n");
        text.Append(CultureInfo.InvariantCulture, $"{boot} {processId} 0\n");
        WholeFile.Write(path, text.ToString());
    }

    /// <summary>A run, and the time at which it was known to be over, in seconds since boot; 0 if unknown.</summary>
    private sealed record Run(int ProcessId, double Since);
}
