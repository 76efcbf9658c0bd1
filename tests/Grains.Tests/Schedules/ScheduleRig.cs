using OrleansTasks.Calendars;
using OrleansTasks.Nodes;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Schedules;

/// <summary>
/// A queue's schedules with a clock, a store and tasks that end when a test says so. Each call is one round; the rig's
/// store takes the round's draft at once, unless the round is lost.
/// </summary>
internal sealed class ScheduleRig
{
    private static readonly ScheduleTemplate Template = new(ScheduleTarget.Task, "{}"u8.ToArray(), default);
    private readonly Dictionary<string, SchedulePlan> plans = [];
    private readonly HashSet<TaskId> openTasks = [];
    private long lastNo;
    private ulong lastTask;

    public ScheduleRig() => Core = new ScheduleCore(() => ++lastNo);

    public ScheduleCore Core { get; private set; }

    public long Now { get; private set; } = 1_000_000_000;

    /// <summary>Whether the queue takes no more tasks.</summary>
    public bool IsFull { get; set; }

    /// <summary>Whether a time is in a blackout of the queue.</summary>
    public Func<long, bool> IsBlackout { get; set; } = static _ => false;

    /// <summary>Whether tasks have not begun to run.</summary>
    public bool IsWaiting { get; set; }

    /// <summary>The events, each as its time in seconds from the first one's round, and its state.</summary>
    public List<string> Told { get; } = [];

    public SortedDictionary<long, ScheduleRow> Schedules { get; } = [];

    public SortedDictionary<long, OccurrenceRow> Occurrences { get; } = [];

    public Dictionary<long, FolderRow> Folders { get; } = [];

    /// <summary>The looks at folders that wait for an answer.</summary>
    public Queue<FolderLook> Looks { get; } = new();

    /// <summary>The files of started occurrences, in the order of their starts.</summary>
    public List<string> StartedFiles { get; } = [];

    /// <summary>The tasks that were started and have not ended, in the order of their starts.</summary>
    public IReadOnlyCollection<TaskId> Open => openTasks;

    /// <summary>How many starts and pending rows the largest round had.</summary>
    public int LargestRound { get; private set; }

    public static SchedulePlan Every(long period, long startAt) => new(Timetable.OfPeriod(period, 0, startAt, null));

    public void Create(string id, SchedulePlan plan, bool paused = false)
    {
        plans[id] = plan;
        Round((core, round) => core.Create(id, plan, Template, paused, Now, round.Draft));
    }

    public void Pause(string id) => Change(id, (schedule, round) => schedule.Pause(Now, round));

    public void Resume(string id) => Change(id, (schedule, round) => schedule.Resume(Now, round));

    public void Replace(string id, SchedulePlan plan, bool paused = false)
    {
        plans[id] = plan;
        Change(id, (schedule, round) => schedule.Replace(plan, Template, paused, Now, round));
    }

    public TaskId? Trigger(string id)
    {
        TaskId? task = null;
        Change(id, (schedule, round) => task = schedule.Trigger(Now, round));
        return task;
    }

    public (int Accepted, int LeftOut)? Backfill(string id, long from, long to, int parallel = 1, bool again = false)
    {
        (int Accepted, int LeftOut)? result = null;
        Round((core, round) =>
        {
            var schedule = core.Find(id)!;
            var started = Of(id).Where(static row => row.Outcome == OccurrenceOutcome.Started).Select(static row => row.At).ToHashSet();
            result = core.Backfill(schedule, from, to, parallel, again ? null : started, round, out _);
        });
        return result;
    }

    public int CancelBackfill(string id)
    {
        var count = 0;
        Change(id, (schedule, round) => count = schedule.CancelBackfill(round.Draft));
        return count;
    }

    /// <summary>
    /// A node answers the oldest look. If the round's commit fails, another owner takes over. Returns the files that got
    /// an occurrence.
    /// </summary>
    public IReadOnlyList<string> Answer(FolderReply reply, bool isLost = false)
    {
        var look = Looks.Dequeue();
        var before = Occurrences.Keys.ToHashSet();
        if (isLost)
        {
            var open = openTasks.ToHashSet();
            var round = NewRound(new ScheduleDraft([]));
            Core.Change(Core.Find(look.Schedule)!, (schedule, change) => schedule.Listed(look.Number, reply, Now, change), round);
            Core.Tick(Now, round);
            openTasks.IntersectWith(open);
            Restart();
        }
        else
            Change(look.Schedule, (schedule, round) => schedule.Listed(look.Number, reply, Now, round));
        return [.. Occurrences.Where(one => !before.Contains(one.Key) && one.Value.File is not null).Select(static one => one.Value.File!)];
    }

    public void Delete(string id) => Round((core, round) =>
    {
        var schedule = core.Find(id)!;
        core.Delete(schedule);
        Schedules.Remove(schedule.Row.No);
        foreach (var row in Occurrences.Values.Where(row => row.Schedule == schedule.Row.No).ToList())
            Occurrences.Remove(row.No);
    });

    public void Advance(long milliseconds)
    {
        Now += milliseconds;
        Round();
    }

    /// <summary>Time passes, or the clock is set, while nobody looks.</summary>
    public void Pass(long milliseconds) => Now += milliseconds;

    public void End(TaskId task) => Round((core, round) =>
    {
        openTasks.Remove(task);
        core.Ended(task, TaskState.Succeeded, Now, round.Draft);
    });

    /// <summary>The owner follows other versions of calendars.</summary>
    public void Follow(string id, CalendarSet calendars)
    {
        plans[id] = plans[id] with { Times = plans[id].Times.With(calendars) };
        Change(id, (schedule, round) => schedule.Follow(calendars, Now, round));
    }

    /// <summary>
    /// Another owner takes the queue over, and knows what is stored, and other versions of calendars.
    /// </summary>
    public void Restart(params (string Id, SchedulePlan Plan)[] changed)
    {
        foreach (var (id, plan) in changed)
            plans[id] = plan;
        Core = new ScheduleCore(() => ++lastNo);
        Looks.Clear();
        foreach (var row in Schedules.Values)
            Core.Load(row, plans[row.Id], Template, Folders.GetValueOrDefault(row.No));
        foreach (var row in Occurrences.Values.Where(static row => row.IsOpen))
            Core.Load(row);
    }

    /// <summary>A round whose commit fails, after which another owner takes over.</summary>
    public void LoseRound()
    {
        var draft = new ScheduleDraft([]);
        var before = openTasks.ToHashSet();
        Core.Tick(Now, NewRound(draft));
        openTasks.IntersectWith(before);
        Restart();
    }

    public ScheduleRow Row(string id) => Schedules.Values.Single(row => row.Id == id);

    /// <summary>A schedule's occurrences, in the order in which they were recorded.</summary>
    public IEnumerable<OccurrenceRow> Of(string id) => Occurrences.Values.Where(row => row.Schedule == Row(id).No);

    /// <summary>A schedule's occurrences as text, oldest time first: time or range, then the outcome's letter.</summary>
    public string Text(string id) => string.Join(' ', Of(id).OrderBy(static row => row.At).Select(row =>
        $"{(row.At - Row(id).CreatedAt) / 1000}{(row.Count > 1 ? $"-{(row.Until - Row(id).CreatedAt) / 1000}x{row.Count}" : "")}"
        + row switch
        {
            { Outcome: OccurrenceOutcome.Started, State: null } => "open",
            { Outcome: OccurrenceOutcome.Started } => "ended",
            { Reason: SkipReason.QueueFull } => "full",
            { Reason: SkipReason.Blackout } => "blackout",
            _ => row.Outcome.ToString().ToLowerInvariant(),
        }));

    private void Change(string id, Action<LiveSchedule, ScheduleRound> change) =>
        Round((core, round) => core.Change(core.Find(id)!, change, round));

    private void Round(Action<ScheduleCore, ScheduleRound>? apply = null)
    {
        do
        {
            var told = new List<ResourceChange>();
            var draft = new ScheduleDraft(told);
            var round = NewRound(draft);
            apply?.Invoke(Core, round);
            apply = null;
            Core.Tick(Now, round);
            LargestRound = Math.Max(LargestRound, ScheduleRound.MostFirings - round.Firings);
            Told.AddRange(told.Select(one => $"{(Now - 1_000_000_000) / 1000}{one.State.ToString().ToLowerInvariant()}"));
            foreach (var row in draft.Schedules)
                Schedules[row.No] = row;
            foreach (var row in draft.Occurrences)
                Occurrences[row.No] = row;
            foreach (var no in draft.Dropped)
                Occurrences.Remove(no);
            foreach (var folder in draft.Folders)
            {
                Folders[folder.No] = folder;
                if (folder.Seen.IsEmpty)
                    Folders.Remove(folder.No);
            }

            draft.Looks.ForEach(Looks.Enqueue);
        }
        while (Core.Next <= Now);
    }

    private ScheduleRound NewRound(ScheduleDraft draft) => new(draft, () => ++lastNo, (_, occurrence) =>
    {
        if (IsFull)
            return null;
        if (occurrence.File is { } file)
            StartedFiles.Add(file);
        var task = new TaskId((ulong)Now << 16, ++lastTask);
        openTasks.Add(task);
        return (task, 0);
    })
    {
        IsBlackout = IsBlackout,
        IsWaiting = id => IsWaiting,
    };
}
