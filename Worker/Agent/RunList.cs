using System.Globalization;
using System.Text;
using OrleansTasks.Worker.Files;
using OrleansTasks.Worker.Supervision;

namespace OrleansTasks.Worker.Agent;

/// <summary>
/// The earlier runs of a worker of which something may still be alive. A <see cref="DeadMarker"/> speaks for one run
/// alone: one
/// before it may have been killed together with its supervisor, so that its trees live on. A run leaves the list when
/// its marker
/// is there, when the machine has been started anew since, and when its leases have long lapsed.
/// </summary>
public sealed class RunList
{
    /// <summary>Twice the longest lease there is.</summary>
    private static readonly TimeSpan Remembered = TimeSpan.FromDays(2);

    private readonly string path;
    private readonly string boot;
    private readonly List<Run> runs = [];

    private RunList(string path, string boot) => (this.path, this.boot) = (path, boot);

    /// <summary>Whether there was any run before this one, as far as this list goes back.</summary>
    public bool HadAny { get; private set; }

    /// <summary>The last run's process id; 0 when there was none.</summary>
    public int Last { get; private set; }

    /// <summary>Whether nothing of the runs that are listed can be alive.</summary>
    public bool AreAllDead => runs.Count == 0;

    /// <summary>Reads the list of a worker's data folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="boot">What names this start of the machine.</param>
    /// <param name="now">The time since then.</param>
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

    /// <summary>Nothing of that process's run is left.</summary>
    public void Remove(int processId) => runs.RemoveAll(run => run.ProcessId == processId);

    /// <summary>
    /// Adds the run that begins now and writes the list. Earlier ones are remembered from now on: now they are
    /// certainly over.
    /// </summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Begin(int processId, TimeSpan now)
    {
        var text = new StringBuilder();
        foreach (var run in runs)
            text.Append(CultureInfo.InvariantCulture,
                $"{boot} {run.ProcessId} {(run.Since > 0 ? run.Since : Math.Max(1, now.TotalSeconds)):F0}\n");
        text.Append(CultureInfo.InvariantCulture, $"{boot} {processId} 0\n");
        WholeFile.Write(path, text.ToString());
    }

    /// <summary>A run, and since when it is known to be over; 0 while that is not known.</summary>
    private sealed record Run(int ProcessId, double Since);
}
