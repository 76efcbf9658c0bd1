using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using OrleansTasks.Processing.Cron;
using static System.FormattableString;

namespace OrleansTasks.Cli.Import;

/// <summary>
/// Reads timers of systemd with the services that they start. A timer does not start a service that still runs, so its
/// schedule skips.
/// </summary>
internal sealed partial class TimerReader
{
    // What a command of a worker has in another way, or a timer needs for nothing here.
    private static readonly string[] Ignored =
    [
        "Description", "Documentation", "After", "Before", "Wants", "WantedBy", "AccuracySec", "Unit", "Type",
        "RemainAfterExit", "SyslogIdentifier", "Alias", "OnCalendar", "OnUnitActiveSec", "OnUnitInactiveSec",
        "OnBootSec", "OnStartupSec", "OnActiveSec", "Persistent", "RandomizedDelaySec", "FixedRandomDelay", "ExecStart",
        "Environment", "WorkingDirectory", "DefaultDependencies",
    ];

    private static readonly TimeSpan LongestJitter = TimeSpan.FromHours(1);
    private readonly ImportPlan plan;
    private readonly string place;
    private readonly UnitFile timer;
    private readonly UnitFile service;
    private readonly SortedDictionary<string, string> environment = new(StringComparer.Ordinal);

    private TimerReader(ImportPlan plan, string place, UnitFile timer, UnitFile service) =>
        (this.plan, this.place, this.timer, this.service) = (plan, place, timer, service);

    /// <summary>Adds the service of a timer to a plan.</summary>
    /// <param name="file">The timer's file.</param>
    /// <param name="read">Reads a file; returns null if there is none.</param>
    /// <param name="plan">The plan.</param>
    public static void Read(string file, Func<string, string?> read, ImportPlan plan)
    {
        var name = System.IO.Path.GetFileNameWithoutExtension(file);
        try
        {
            var timer = UnitFile.Parse(read(file) ?? throw new FormatException("there is no such file"));
            var unit = timer.Last("Timer", "Unit") ?? $"{name}.service";
            var beside = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(file) ?? "", unit);
            var text = read(beside) ?? throw new FormatException($"its service {unit} is not in the same folder");
            new TimerReader(plan, System.IO.Path.GetFileName(file), timer, UnitFile.Parse(text)).Add(name);
        }
        catch (FormatException fault)
        {
            plan.Fault(System.IO.Path.GetFileName(file), fault.Message);
        }
    }

    private void Add(string name)
    {
        foreach (var (_, setting, value) in timer.Settings.Concat(service.Settings))
        {
            if (!Ignored.Contains(setting))
                plan.Note(place, $"{setting}={value} is not carried over");
        }

        var times = Times();
        if (times.Count == 0)
            return;
        try
        {
            ReadEnvironment();
            if (Command() is not { } task)
                return;
            if (environment.Count > 0)
                task["env"] = ImportPlan.Variables(environment);
            if (plan.Terms.Folder is null && service.Last("Service", "WorkingDirectory") is { } setting)
            {
                var folder = UnitCommand.WithoutSpecifiers(setting);
                if (folder.StartsWith('/'))
                    task["cwd"] = folder;
                else
                    plan.Note(place, $"WorkingDirectory={folder} is not carried over: only an absolute path is");
            }

            var description = service.Last("Unit", "Description") ?? timer.Last("Unit", "Description");
            plan.Add(place, ImportNames.Slug(name), description, task, times);
        }
        catch (NotSupportedException why)
        {
            plan.Note(place, $"is not carried over: {why.Message}");
        }
    }

    private void ReadEnvironment()
    {
        foreach (var line in service.All("Service", "Environment"))
        {
            foreach (var pair in UnitCommand.Assignments(line))
            {
                if (pair.Split('=', 2) is [var variable, var value])
                    environment[variable] = value;
                else
                    plan.Fault(place, $"Environment={line}: '{pair}' is not NAME=VALUE");
            }
        }
    }

    private JsonObject? Command()
    {
        var commands = service.All("Service", "ExecStart").SelectMany(UnitCommand.Commands).Select(CommandOf).ToList();
        switch (commands)
        {
            case []:
                plan.Note(place, "is not carried over: its service has no ExecStart");
                return null;
            case [var only]:
                return new JsonObject { ["argv"] = ImportPlan.Texts(only) };
            default:
                // One after the other, as long as they succeed.
                var lines = commands.Select(static words => string.Join(' ', words.Select(Quoted)));
                return new JsonObject { ["cmd"] = string.Join(" && ", lines) };
        }
    }

    private List<string> CommandOf(List<string> words)
    {
        var first = words.FirstOrDefault() ?? "";
        var prefix = first.TakeWhile(static c => c is '-' or '@' or ':' or '+' or '!' or '|').ToArray();
        if (prefix.Any(static c => c is '@' or ':' or '|'))
            throw new NotSupportedException($"the prefix of ExecStart={first} changes the words of its command");
        if (prefix.Length == first.Length)
            throw new FormatException("ExecStart= has no command");
        if (prefix.Length > 0)
            plan.Note(place, $"the prefix '{new string(prefix)}' of ExecStart= is not carried over");
        return UnitCommand.Expanded([first[prefix.Length..], .. words.Skip(1)], environment);
    }

    private List<JsonObject> Times()
    {
        var times = new List<JsonObject>();
        foreach (var text in timer.All("Timer", "OnCalendar"))
        {
            try
            {
                var (cron, zone) = CalendarEvent.ToCron(text);
                if (CronExpression.TryParse(cron, out _, out var fault))
                    times.Add(Schedule("cron", cron, zone ?? plan.Terms.Zone));
                else
                    plan.Fault(place, $"OnCalendar={text}: '{cron}' {fault}");
            }
            catch (NotSupportedException why)
            {
                plan.Note(place, $"OnCalendar={text} is not carried over: {why.Message}");
            }
            catch (FormatException fault)
            {
                plan.Fault(place, $"OnCalendar={text}: {fault.Message}");
            }
        }

        foreach (var name in (string[])["OnUnitActiveSec", "OnUnitInactiveSec"])
        {
            if (timer.Last("Timer", name) is not { } text)
                continue;
            times.Add(Schedule("every", Milliseconds(name, text), null));
            if (name == "OnUnitInactiveSec")
            {
                plan.Note(
                    place, $"{name}={text} counts from the end of a run; a schedule counts from the start, and skips "
                        + "a time at which a run is open");
            }
        }

        if (times.Count == 0 || timer.Last("Timer", "OnCalendar") is null)
        {
            foreach (var name in (string[])["OnBootSec", "OnStartupSec", "OnActiveSec"])
            {
                if (timer.Last("Timer", name) is not { } text)
                    continue;
                plan.Note(
                    place, $"{name}={text} is not carried over: a schedule has no time when a machine starts");
            }
        }

        return times;
    }

    private JsonObject Schedule(string field, string value, string? zone)
    {
        var schedule = new JsonObject { [field] = value };
        SpecFields.Set(schedule, "timeZone", zone);
        schedule["overlap"] = "skip";
        // Persistent= concerns calendar events alone.
        if (field == "cron" && timer.Last("Timer", "Persistent")?.ToLowerInvariant() is "true" or "yes" or "on" or "1")
            schedule["catchUp"] = "one";
        if (timer.Last("Timer", "RandomizedDelaySec") is not { } text)
            return schedule;
        var delay = Span("RandomizedDelaySec", text);
        if (delay > LongestJitter)
        {
            plan.Note(place, $"RandomizedDelaySec={text} becomes 1h, the longest jitter of a schedule");
            delay = LongestJitter;
        }

        if (delay > TimeSpan.Zero)
            schedule["jitter"] = Text(delay);
        return schedule;
    }

    private string Milliseconds(string name, string text) => Text(Span(name, text));

    private static string Text(TimeSpan span) => Invariant($"{(long)span.TotalMilliseconds}ms");

    // Such as 1h 30min, or a number of seconds.
    private TimeSpan Span(string name, string text)
    {
        if (Parts().Match(text) is not { Success: true } match)
            throw new FormatException($"{name}={text} is not a time span");
        var seconds = match.Groups["part"].Captures.Sum(static part =>
        {
            var number = part.Value.TrimEnd([.. "abcdefghijklmnopqrstuvwxyz "]);
            return double.Parse(number, CultureInfo.InvariantCulture) * Seconds(part.Value[number.Length..].Trim());
        });
        return seconds <= TimeSpan.FromDays(366).TotalSeconds
            ? TimeSpan.FromSeconds(seconds)
            : throw new FormatException($"{name}={text} is longer than 366 days");
    }

    private static double Seconds(string unit) => unit switch
    {
        "ms" or "msec" => 0.001,
        "" or "s" or "sec" or "second" or "seconds" => 1,
        "m" or "min" or "minute" or "minutes" => 60,
        "h" or "hr" or "hour" or "hours" => 3_600,
        "d" or "day" or "days" => 86_400,
        _ => 604_800,
    };

    private static string Quoted(string word) => $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    [GeneratedRegex(
        @"\A((?<part>[0-9]{1,9}(\.[0-9]{1,3})?\s*"
            + @"(ms|msec|s|sec|seconds?|m|min|minutes?|h|hr|hours?|d|days?|w|weeks?)?)\s*)+\z",
        RegexOptions.ExplicitCapture)]
    private static partial Regex Parts();
}
