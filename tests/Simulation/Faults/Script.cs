using System.Globalization;
using System.Text;

namespace OrleansTasks.Simulation.Faults;

/// <summary>
/// A plan as text: a line for each setting, then a line for each fault. Unlike a seed it keeps its meaning when plans are drawn in
/// another way. The simulator prints one for the smallest run that fails, and runs one with <c>--script FILE</c>.
/// </summary>
internal static class Script
{
    /// <summary>Writes a plan down.</summary>
    public static string Write(Plan plan)
    {
        var text = new StringBuilder();
        Add("seed", plan.Seed);
        Add("silos", plan.Silos);
        Add("workers", plan.Workers);
        Add("queues", plan.Queues);
        Add("tasks", plan.Tasks);
        Add("jobs", plan.Jobs);
        Add("short-tasks", plan.IsShort ? 1 : 0);
        Add("turmoil", plan.Turmoil.TotalSeconds);
        Add("kill-margin", plan.KillMargin.TotalSeconds);
        Add("drift", plan.Drift);
        Add("clocks-stay-wrong", plan.StayWrong ? 1 : 0);
        Add("lease", plan.Knobs.Lease.TotalSeconds);
        Add("heartbeat", plan.Knobs.Heartbeat.TotalSeconds);
        Add("recovery-page", plan.Knobs.RecoveryPage);
        Add("commit-tasks", plan.Knobs.CommitTasks);
        Add("inbox-tasks", plan.Knobs.InboxTasks);
        Add("inbox-bytes", plan.Knobs.InboxBytes);
        foreach (var fault in plan.Faults.OrderBy(static fault => fault.At))
            text.Append(CultureInfo.InvariantCulture, $"{fault}\n");
        return text.ToString();

        void Add(string name, double value) => text.Append(CultureInfo.InvariantCulture, $"{name} {value:0.######}\n");
    }

    /// <summary>Reads what <see cref="Write"/> wrote. A line that begins with # and a space says something to people.</summary>
    /// <exception cref="FormatException">A line cannot be understood, or one is missing.</exception>
    public static Plan Read(string text)
    {
        var settings = new Dictionary<string, double>(StringComparer.Ordinal);
        var faults = ImmutableArray.CreateBuilder<Fault>();
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var words = line.Split(' ');
            if (words[0] == "#")
                continue;
            if (words[0][0] == '#')
                faults.Add(Fault.Parse(line));
            else if (words.Length == 2 && double.TryParse(words[1], NumberStyles.Float, CultureInfo.InvariantCulture, out var value))
                settings[words[0]] = value;
            else
                throw new FormatException($"Neither a setting nor a fault: {line}");
        }

        return new Plan
        {
            Seed = Whole("seed"),
            Silos = Whole("silos"),
            Workers = Whole("workers"),
            Queues = Whole("queues"),
            Tasks = Whole("tasks"),
            Jobs = Whole("jobs"),
            IsShort = Whole("short-tasks") != 0,
            Turmoil = Time("turmoil"),
            KillMargin = Time("kill-margin"),
            // Older scripts say nothing of clocks.
            Drift = (int)settings.GetValueOrDefault("drift"),
            StayWrong = settings.GetValueOrDefault("clocks-stay-wrong") != 0,
            Knobs = new Knobs(
                Time("lease"), Time("heartbeat"), Whole("recovery-page"), Whole("commit-tasks"), Whole("inbox-tasks"), Whole("inbox-bytes")),
            Faults = faults.ToImmutable(),
        };

        double Value(string name) => settings.TryGetValue(name, out var value) ? value : throw new FormatException($"The script says nothing of {name}.");

        int Whole(string name) => (int)Value(name);

        TimeSpan Time(string name) => Seconds(Value(name));
    }

    /// <summary>A time of so many seconds, to the nearest tick.</summary>
    public static TimeSpan Seconds(double seconds) => TimeSpan.FromTicks((long)Math.Round(seconds * TimeSpan.TicksPerSecond));
}
