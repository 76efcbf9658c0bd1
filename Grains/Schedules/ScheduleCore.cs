using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Schedules;

/// <summary>
/// The schedules of a queue: which of them is due, which may start what waits, and which started what ends. The
/// rules of one schedule are in <see cref="LiveSchedule"/>. Pure: no clock, no I/O. Times are Unix milliseconds of the wall
/// clock; a clock that is set needs no call, because all times of schedules are times of day.
/// </summary>
internal sealed class ScheduleCore
{
    /// <summary>How many schedules a queue may have.</summary>
    public const int MostSchedules = ServiceLimits.Schedules;

    /// <summary>How many bytes of specs the schedules of a queue may have in all; they are kept in memory.</summary>
    public const long MostSpecBytes = ServiceLimits.ScheduleBytes;

    /// <summary>How many occurrences one backfill may have.</summary>
    public const int MostBackfilled = BackfillReader.MostOccurrences;

    /// <summary>How many times of backfills of a schedule may wait before a further backfill is refused.</summary>
    public const int MostWaitingBackfills = ServiceLimits.WaitingBackfills;

    // How long backfills wait before they try a full queue again, in milliseconds.
    private const long RestWhenFull = 1_000;

    // Counting further would keep others waiting: gateways have refused larger ranges.
    private const int MostCounted = 10_000;

    private readonly Dictionary<string, LiveSchedule> byId = new(StringComparer.Ordinal);
    private readonly Dictionary<long, LiveSchedule> byNo = [];

    // By what they have started that is open: ids of tasks, jobs and workflows.
    private readonly Dictionary<TaskId, LiveSchedule> byStarted = [];
    private readonly UnreadableSchedules unreadable = new();
    private readonly TimeWatch<(LiveSchedule Schedule, long At)> times;

    // Schedules with a pending occurrence that may start, each at most once.
    private readonly Queue<LiveSchedule> ready = new();
    private readonly HashSet<LiveSchedule> isReady = [];

    // Schedules whose backfills wait for room in the queue, and when they try again.
    private readonly HashSet<LiveSchedule> resting = [];
    private long restUntil = long.MaxValue;
    private readonly Func<long> nextNo;
    private long specBytes;

    /// <param name="nextNo">Gives numbers for rows, each larger than the one before.</param>
    public ScheduleCore(Func<long> nextNo)
    {
        this.nextNo = nextNo;
        times = new TimeWatch<(LiveSchedule Schedule, long At)>(Applies);
    }

    /// <summary>How many schedules there are, with those that cannot be read.</summary>
    public int Count => byId.Count + unreadable.Count;

    /// <summary>The earliest time at which <see cref="Tick"/> has work, or <see cref="long.MaxValue"/>.</summary>
    public long Next => ready.Count > 0 ? 0 : Math.Min(times.Next, restUntil);

    /// <summary>Whether a schedule that starts this has room: a new one, or one in the place of another.</summary>
    public bool HasRoom(ScheduleTemplate template, LiveSchedule? replaced)
    {
        var freed = replaced is null ? 0 : BytesOf(replaced.Template);
        return (replaced is not null || Count < MostSchedules) && specBytes - freed + BytesOf(template) <= MostSpecBytes;
    }

    /// <summary>Takes in a stored schedule, when the queue is loaded.</summary>
    public void Load(ScheduleRow row, SchedulePlan plan, ScheduleTemplate template) =>
        Add(new LiveSchedule(row, plan, template));

    /// <summary>Takes in a stored schedule whose body cannot be read. It has no times, but may be deleted.</summary>
    public void LoadUnreadable(ScheduleRow row) => unreadable.Load(row);

    /// <summary>Takes in a stored occurrence that is pending or open, after its schedule; in the order of numbers.</summary>
    public void Load(OccurrenceRow row)
    {
        if (!byNo.TryGetValue(row.Schedule, out var schedule))
        {
            unreadable.Load(row);
            return;
        }

        schedule.Load(row);
        if (row is { Outcome: OccurrenceOutcome.Started, State: null, StartedId: { } id })
            byStarted[id] = schedule;
        NoteReady(schedule);
    }

    /// <summary>Returns the schedule with an id; null when there is none.</summary>
    public LiveSchedule? Find(string id) => byId.GetValueOrDefault(id);

    /// <summary>Returns the row of a schedule with an id that cannot be read; null when there is none.</summary>
    public ScheduleRow? FindUnreadable(string id) => unreadable.Find(id);

    /// <summary>Adds a new schedule. Its first occurrence is later than <paramref name="now"/>.</summary>
    /// <param name="id">Not in use.</param>
    /// <param name="plan">When it has occurrences.</param>
    /// <param name="template">What it starts.</param>
    /// <param name="paused">Whether it begins paused.</param>
    /// <param name="now">The time.</param>
    /// <param name="draft">Where the change goes.</param>
    /// <param name="version">Its version.</param>
    public LiveSchedule Create(
        string id, SchedulePlan plan, ScheduleTemplate template, bool paused, long now, ScheduleDraft draft, long version = 1)
    {
        var nextAt = paused ? 0 : plan.Times.Next(now) ?? 0;
        var row = new ScheduleRow(nextNo(), id, version, paused, now, nextAt, LastAt: 0, LastRun: 0, Parallel: 1);
        var schedule = new LiveSchedule(row, plan, template);
        Add(schedule);
        draft.Put(row);
        return schedule;
    }

    /// <summary>Takes a schedule out. What it started goes on; what waits is dropped.</summary>
    public void Delete(LiveSchedule schedule)
    {
        byId.Remove(schedule.Row.Id);
        byNo.Remove(schedule.Row.No);
        specBytes -= BytesOf(schedule.Template);
        foreach (var id in schedule.Open)
            byStarted.Remove(id);
    }

    /// <summary>Takes out a schedule that cannot be read.</summary>
    public void DeleteUnreadable(ScheduleRow row) => unreadable.Delete(row);

    /// <summary>Changes a schedule: a call of one of its methods that takes the time and a round.</summary>
    public void Change(LiveSchedule schedule, Action<LiveSchedule, ScheduleRound> change, ScheduleRound round)
    {
        specBytes -= BytesOf(schedule.Template);
        change(schedule, round);
        specBytes += BytesOf(schedule.Template);
        NoteStarted(round);
        Follow(schedule);
    }

    /// <summary>
    /// Adds occurrences for the times of a past range, but for those that wait for their start and those that were started
    /// before. Returns null, and how many there are, when they are more than <see cref="MostBackfilled"/>.
    /// </summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="from">The first time of the range.</param>
    /// <param name="to">The end of the range, which is not in it.</param>
    /// <param name="parallel">How many may be open at once.</param>
    /// <param name="started">The times that the store shows as started; null to start them again.</param>
    /// <param name="round">Where the changes go.</param>
    /// <param name="count">How many times the range has.</param>
    public (int Accepted, int LeftOut)? Backfill(
        LiveSchedule schedule, long from, long to, int parallel, IReadOnlySet<long>? started, ScheduleRound round, out int count)
    {
        count = 0;
        var accepted = new List<long>();
        for (var at = schedule.Plan.Times.Next(from - 1); at < to && count < MostCounted; at = schedule.Plan.Times.Next(at.Value))
        {
            if (++count <= MostBackfilled && !IsTaken(schedule, at.Value, started))
                accepted.Add(at.Value);
        }

        if (count > MostBackfilled)
            return null;
        schedule.Backfill(accepted, parallel, round);
        NoteReady(schedule);
        return (accepted.Count, count - accepted.Count);
    }

    /// <inheritdoc cref="Ended(TaskId, TaskState, ScheduleDraft)"/>
    public void Ended(TaskId id, TaskState state, CommitDraft draft)
    {
        if (byStarted.ContainsKey(id) || unreadable.IsOpen(id))
            Ended(id, state, draft.Schedules);
    }

    /// <summary>A task, job or workflow has ended. If an occurrence started it, the next one may start.</summary>
    public void Ended(TaskId id, TaskState state, ScheduleDraft draft)
    {
        if (!byStarted.Remove(id, out var schedule))
        {
            unreadable.Ended(id, state, draft);
            return;
        }

        schedule.Ended(id, state, draft);
        NoteReady(schedule);
    }

    /// <summary>Starts what is due, and what waited until now, until the round is spent.</summary>
    public void Tick(long now, ScheduleRound round)
    {
        EndRests(now);
        while (!round.IsSpent)
        {
            if (ready.TryDequeue(out var schedule))
            {
                isReady.Remove(schedule);
                if (byNo.GetValueOrDefault(schedule.Row.No) != schedule)
                    continue;
                schedule.StartPending(now, round);
                NoteStarted(round);
                NoteReady(schedule);
                if (schedule.IsResting)
                    Rest(schedule, now);
            }
            else if (times.TryTake(now, out var due))
            {
                if (!Applies(due))
                    continue;
                due.Schedule.Look(now, round);
                NoteStarted(round);
                Follow(due.Schedule);
            }
            else
                return;
        }
    }

    private static bool IsTaken(LiveSchedule schedule, long time, IReadOnlySet<long>? started) =>
        schedule.IsWaiting(time) || (started is not null && (started.Contains(time) || schedule.IsOpen(time)));

    private static long BytesOf(ScheduleTemplate template) => template.Spec.Length + template.SecretEnv.Length;

    private void Add(LiveSchedule schedule)
    {
        byId.Add(schedule.Row.Id, schedule);
        byNo.Add(schedule.Row.No, schedule);
        specBytes += BytesOf(schedule.Template);
        Follow(schedule);
    }

    private void NoteStarted(ScheduleRound round)
    {
        foreach (var (schedule, id) in round.TakeStarted())
            byStarted[id] = schedule;
    }

    // Watches the schedule's next time, and whether what waits may start.
    private void Follow(LiveSchedule schedule)
    {
        if (schedule.DueAt != long.MaxValue)
            times.Add((schedule, schedule.DueAt), schedule.DueAt);
        NoteReady(schedule);
    }

    private void NoteReady(LiveSchedule schedule)
    {
        if (schedule.CanStartPending && isReady.Add(schedule))
            ready.Enqueue(schedule);
    }

    private void Rest(LiveSchedule schedule, long now)
    {
        if (resting.Add(schedule))
            restUntil = Math.Min(restUntil, now + RestWhenFull);
    }

    // A clock that was set back must not make them wait for longer.
    private void EndRests(long now)
    {
        if (resting.Count == 0 || (now < restUntil && restUntil - now <= RestWhenFull))
            return;
        foreach (var schedule in resting)
        {
            schedule.EndRest();
            NoteReady(schedule);
        }

        resting.Clear();
        restUntil = long.MaxValue;
    }

    private bool Applies((LiveSchedule Schedule, long At) entry) =>
        entry.Schedule.DueAt == entry.At && byNo.GetValueOrDefault(entry.Schedule.Row.No) == entry.Schedule;
}
