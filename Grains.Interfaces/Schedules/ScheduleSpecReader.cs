using System.Text.Json;
using OrleansTasks.Calendars;
using OrleansTasks.Contract;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Processing.Cron;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;
using OrleansTasks.Workflows;

namespace OrleansTasks.Schedules;

/// <summary>Reads the body of a schedule from JSON and reports all of its faults.</summary>
public static class ScheduleSpecReader
{
    private const int MostLabels = SpecRules.MostLabels - 1;
    private static readonly TimeSpan ShortestPeriod = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPeriod = TimeSpan.FromDays(366);
    private static readonly TimeSpan LongestStartWithin = TimeSpan.FromDays(7);
    private static readonly TimeSpan LongestJitter = TimeSpan.FromHours(1);

    private static readonly string[] Names =
    [
        "cron", "every", "timeZone", "task", "job", "workflow", "startAt", "endAt", "overlap", "startWithin", "catchUp",
        "catchUpLimit", "jitter", "paused", "version", "only", "except", "onBlackout", "expectBy", "files",
    ];

    // The fields of which exactly one names what an occurrence starts.
    private static readonly string[] Targets = ["task", "job", "workflow"];

    private static readonly string[] Overlaps = EnumNames.Of<Overlap>();
    private static readonly string[] OnBlackouts = EnumNames.Of<OnBlackout>();
    private static readonly string[] CatchUps = EnumNames.Of<CatchUp>();

    /// <summary>The names of <see cref="Overlap"/> in the HTTP contract, in enum order.</summary>
    public static IReadOnlyList<string> OverlapNames => Overlaps;

    /// <summary>The names of <see cref="CatchUp"/> in the HTTP contract, in enum order.</summary>
    public static IReadOnlyList<string> CatchUpNames => CatchUps;

    /// <summary>Reads a body. Returns null if it has faults.</summary>
    /// <param name="utf8">The whole document.</param>
    /// <param name="now">
    /// The current time in Unix milliseconds; the schedule must have a time within the next 100 years.
    /// </param>
    /// <param name="errors">The object to which faults are added.</param>
    /// <param name="mayLackTask">Whether the body may omit what to start, as for a preview.</param>
    public static ScheduleSpec? Read(ReadOnlySpan<byte> utf8, long now, SpecErrors errors, bool mayLackTask = false)
    {
        try
        {
            var reader = new StrictReader(utf8, errors);
            reader.Read();
            var spec = Read(ref reader, utf8, now, mayLackTask);
            reader.Finish();
            return errors.IsEmpty ? spec : null;
        }
        catch (JsonException fault)
        {
            errors.Malformed = StrictReader.Describe(fault);
            return null;
        }
    }

    /// <summary>
    /// Reads a stored body, even if it breaks rules that were added since it was accepted. Throws
    /// <see cref="FormatException"/> if it cannot be read.
    /// </summary>
    public static ScheduleSpec ReadStored(ReadOnlySpan<byte> utf8)
    {
        var errors = new SpecErrors { ChecksRules = false };
        return Read(utf8, 0, errors) ?? throw errors.Unreadable("schedule");
    }

    /// <summary>Returns whether files of a folder start the occurrences of a stored schedule. False if it cannot be read.</summary>
    public static bool WatchesFolder(ReadOnlySpan<byte> utf8) =>
        Read(utf8, 0, new SpecErrors { ChecksRules = false }) is { Files: not null };

    private static ScheduleSpec Read(ref StrictReader reader, ReadOnlySpan<byte> utf8, long now, bool mayLackTask)
    {
        var spec = new ScheduleSpec();
        if (!reader.IsObject(StrictReader.Root))
            return spec;
        var seen = default(SeenFields);
        while (reader.NextField(Names, ref seen, "", out var field))
            ReadField(ref reader, utf8, Names[field], spec, now);
        CheckFields(seen, mayLackTask, reader.Errors);
        if (reader.Errors.IsEmpty && reader.Errors.ChecksRules)
            CheckTimes(spec, now, reader.Errors);
        return spec;
    }

    private static void ReadField(
        ref StrictReader reader, ReadOnlySpan<byte> utf8, string name, ScheduleSpec spec, long now)
    {
        switch (name)
        {
            case "cron":
                spec.Cron = ReadCron(ref reader);
                break;
            case "every":
                spec.Every = Milliseconds(reader.Duration(name, ShortestPeriod, LongestPeriod));
                break;
            case "timeZone":
                ReadZone(ref reader, spec);
                break;
            case "task":
                ReadTask(ref reader, spec, now);
                break;
            case "workflow":
                ReadWorkflow(ref reader, utf8, spec, now);
                break;
            case "job":
                ReadJob(ref reader, utf8, spec);
                break;
            case "files":
                spec.Files = WatchedFolderReader.Read(ref reader, name);
                break;
            case "startAt":
                spec.StartAt = reader.Time(name);
                break;
            case "endAt":
                spec.EndAt = reader.Time(name);
                break;
            case "overlap":
                spec.Overlap = (Overlap)ReadName(ref reader, name, Overlaps);
                break;
            case "startWithin":
                spec.StartWithin = Milliseconds(reader.Duration(name, ShortestPeriod, LongestStartWithin));
                break;
            case "catchUp":
                spec.CatchUp = (CatchUp)ReadName(ref reader, name, CatchUps);
                break;
            case "catchUpLimit":
                spec.CatchUpLimit = (int)(reader.Integer(name, 1, 1_000) ?? 1);
                break;
            case "jitter":
                spec.Jitter = Milliseconds(reader.Duration(name, TimeSpan.Zero, LongestJitter));
                break;
            case "only":
                spec.Only = CalendarSpecReader.ReadNames(ref reader, name);
                break;
            case "except":
                spec.Except = CalendarSpecReader.ReadNames(ref reader, name);
                break;
            case "onBlackout":
                spec.OnBlackout = (OnBlackout)ReadName(ref reader, name, OnBlackouts);
                break;
            case "expectBy":
                spec.ExpectBy = reader.Duration(name, ShortestPeriod, LongestPeriod) is { } expected ? Milliseconds(expected) : null;
                break;
            case "paused":
                spec.Paused = reader.Boolean(name) ?? false;
                break;
            default:
                spec.Version = reader.Integer(name, 1, long.MaxValue);
                break;
        }
    }

    private static long Milliseconds(TimeSpan? duration) => (long)(duration ?? default).TotalMilliseconds;

    private static CronExpression? ReadCron(ref StrictReader reader)
    {
        if (reader.String("cron") is not { } text)
            return null;
        if (!CronExpression.TryParse(text, out var cron, out var error))
            reader.Errors.Add("cron", error);
        return cron;
    }

    private static void ReadZone(ref StrictReader reader, ScheduleSpec spec)
    {
        if (reader.String("timeZone") is not { } name)
            return;
        if (CronTimes.TryFindZone(name, out var zone))
            (spec.ZoneName, spec.Zone) = (name, zone);
        else
            reader.Errors.Add("timeZone", $"'{StrictReader.Quote(name)}' is not the IANA name of a time zone, such as Europe/Berlin");
    }

    private const string NoTask =
        "is not allowed in a schedule: retention may remove the task before an occurrence; give the file";

    private static void ReadTask(ref StrictReader reader, ScheduleSpec spec, long now)
    {
        var errors = reader.Errors;
        errors.Prefix = "task";
        spec.Task = TaskSpecReader.Read(ref reader, now, out var extent);
        spec.Extent = extent;
        if (spec.Task.RunAt != 0)
            errors.AddRule("runAt", "is not allowed: the schedule determines when the task runs");
        if (!spec.Task.After.IsEmpty)
            errors.AddRule("after", "is not allowed: a schedule's task waits only for its time");
        CheckFiles(spec.Task, "", errors);
        if (spec.Task.Unique is not null)
            errors.AddRule("unique", "is not allowed: the schedule's overlap says what happens while the task runs");
        CheckLabels(spec.Task.Labels, "task", errors);
        errors.Prefix = null;
    }

    private static void ReadWorkflow(ref StrictReader reader, ReadOnlySpan<byte> utf8, ScheduleSpec spec, long now)
    {
        var errors = reader.Errors;
        errors.Prefix = "workflow";
        spec.Workflow = WorkflowSpecReader.Read(ref reader, utf8, now);
        for (var i = 0; i < spec.Workflow.Nodes.Length; i++)
        {
            if (spec.Workflow.Nodes[i].Task.RunAt != 0)
                errors.AddRule($"nodes[{i}].task.runAt", "is not allowed: the schedule determines when the workflow runs");
            CheckFiles(spec.Workflow.Nodes[i].Task, $"nodes[{i}].task.", errors);
        }

        CheckLabels(spec.Workflow.Labels, "workflow", errors);
        errors.Prefix = null;
    }

    private static void CheckFiles(TaskSpec task, string path, SpecErrors errors)
    {
        for (var i = 0; i < task.Files.Length; i++)
        {
            if (task.Files[i].Task is not null)
                errors.AddRule($"{path}files[{i}].task", NoTask);
        }
    }

    private static void ReadJob(ref StrictReader reader, ReadOnlySpan<byte> utf8, ScheduleSpec spec)
    {
        var errors = reader.Errors;
        errors.Prefix = "job";
        spec.Job = JobSpecReader.Read(ref reader, utf8, out var extent);
        spec.Extent = extent;
        if (spec.Job.Source.Kind == JobSourceKind.Stream)
        {
            errors.AddRule(
                "source.stream", "must not be a stream: a job that a schedule starts receives no posted items");
        }

        for (var i = 0; i < spec.Job.Source.Files.Length; i++)
        {
            if (spec.Job.Source.Files[i].Task is not null)
                errors.AddRule("source.file", NoTask);
        }

        CheckLabels(spec.Job.Labels, "job", errors);
        errors.Prefix = null;
    }

    // Reserves one label for the schedule's id.
    private static void CheckLabels(ImmutableArray<Label> labels, string what, SpecErrors errors)
    {
        if (labels.Any(static label => label.Key == ScheduleSpec.Label))
            errors.AddRule($"labels.{ScheduleSpec.Label}", "is not allowed: this label is reserved for the schedule's id");
        else if (labels.Length > MostLabels)
            errors.AddRule("labels", $"has {labels.Length} labels; a schedule's {what} may have {MostLabels}");
    }

    private static int ReadName(ref StrictReader reader, string field, string[] names)
    {
        if (reader.String(field) is not { } name)
            return 0;
        var index = Array.IndexOf(names, name);
        if (index < 0)
            reader.Errors.Add(field, $"is '{StrictReader.Quote(name)}'; allowed are {string.Join(", ", names)}");
        return Math.Max(index, 0);
    }

    private static void CheckFields(in SeenFields seen, bool mayLackTask, SpecErrors errors)
    {
        var (cron, every) = (Has(seen, "cron"), Has(seen, "every"));
        if (cron && every)
            errors.Add("every", "cron and every exclude each other; give one of them");
        else if (!cron && !every)
            errors.Add("cron", "is missing; give cron (times of day) or every (an interval)");
        if (every && Has(seen, "timeZone"))
            errors.AddRule("timeZone", "is not allowed with every, which measures elapsed time");
        var given = new List<string>();
        foreach (var target in Targets)
        {
            if (Has(seen, target))
                given.Add(target);
        }

        if (given.Count > 1)
            errors.Add(given[1], "task, job and workflow exclude each other; give one of them");
        else if (!mayLackTask && given.Count == 0)
            errors.Add("task", "is missing; give the task, the job or the workflow that each occurrence starts");
    }

    private static bool Has(in SeenFields seen, string name) => seen.Has(Array.IndexOf(Names, name));

    private static void CheckTimes(ScheduleSpec spec, long now, SpecErrors errors)
    {
        if (spec is { StartAt: { } start, EndAt: { } end } && start >= end)
            errors.Add("endAt", "must be later than startAt");
        else if (spec.Cron is { } cron && new CronTimes(cron, spec.Zone).Next(now) is null)
            errors.Add("cron", $"has no time in the next {CronTimes.YearsAhead} years");
    }
}
