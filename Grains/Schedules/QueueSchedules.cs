using OrleansTasks.Audit;
using OrleansTasks.Calendars;
using OrleansTasks.Events;
using OrleansTasks.Files;
using OrleansTasks.Nodes;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Schedules;

/// <summary>
/// The schedules of a queue: handles gateways' requests, and starts due occurrences. One commit stores what an
/// occurrence starts, its row and the schedule's next time. Times are Unix milliseconds.
/// </summary>
/// <remarks>
/// Calls go in one direction: <see cref="ScheduleCore"/> picks the schedule, <see cref="LiveSchedule"/> decides,
/// <see cref="ScheduleRound"/> counts, <see cref="OccurrenceStarts"/> starts.
/// </remarks>
internal sealed class QueueSchedules(
    ScheduleCore schedules, OccurrenceStarts starts, Admission admission, OpenTasks tasks, QueueLimits limits, StoreSpace space)
    : IDispatchModule, IEndListener
{
    private CalendarSet calendars = CalendarSet.Empty;

    /// <summary>Number of schedules, including unreadable ones.</summary>
    public int Count => schedules.Count;

    /// <inheritdoc/>
    // Times that come while the store may not grow are handled afterwards like those of an outage: they may be late.
    public long Next => space.MayGrow ? schedules.Next : long.MaxValue;

    /// <summary>Sets the calendars before schedules are loaded.</summary>
    public void Restore(CalendarSet known) => calendars = known;

    /// <summary>
    /// Follows other versions of calendars. Times that have come follow the earlier ones. A schedule follows even the
    /// versions that it was loaded with, because its stored next time may be of earlier ones.
    /// </summary>
    public void Follow(CalendarSet known, long now, CommitDraft draft)
    {
        calendars = known;
        var round = NewRound(now, draft);
        foreach (var schedule in schedules.WithCalendars())
            schedules.Change(schedule, (one, change) => one.Follow(calendars, now, change), round);
    }

    /// <summary>Loads a stored schedule, before its occurrences.</summary>
    /// <exception cref="FormatException">
    /// The stored body cannot be read. The schedule then has no times, and may be deleted or replaced.
    /// </exception>
    public void Load(StoredSchedule stored)
    {
        try
        {
            var (plan, template) = Read(stored.Body.Spec, stored.Body.SecretEnv, stored.Row.CreatedAt);
            schedules.Load(stored.Row, plan, template, stored.Folder);
        }
        catch (FormatException)
        {
            schedules.LoadUnreadable(stored.Row);
            throw;
        }
    }

    /// <inheritdoc cref="ScheduleCore.Load(OccurrenceRow)"/>
    public void Load(OccurrenceRow row) => schedules.Load(row);

    /// <summary>Takes the answer to a look at the folder of a schedule.</summary>
    public void Listed(FolderLook look, FolderReply reply, long now, CommitDraft draft)
    {
        if (schedules.Find(look.Schedule) is { } found)
        {
            schedules.Change(
                found, (schedule, round) => schedule.Listed(look.Number, reply, now, round), NewRound(now, draft));
        }
    }

    /// <inheritdoc/>
    public void Tick(long now, CommitDraft draft)
    {
        if (Next <= now)
            schedules.Tick(now, NewRound(now, draft));
    }

    /// <summary>Ends the occurrence that started the ended work, after which the next one may start.</summary>
    public void Ended(in WorkEnd end, long now, CommitDraft draft)
    {
        if (Count > 0)
            schedules.Ended(end.Id, end.State, now, draft);
    }

    /// <summary>
    /// Performs a gateway's request. The caller has checked that the idempotency key, if any, is new and that the body
    /// is valid. <paramref name="started"/> has the times that the schedule has started, as far as they are stored. A
    /// null <paramref name="origin"/> is not recorded.
    /// </summary>
    public ScheduleReply Ask(
        ScheduleRequest request, IReadOnlySet<long> started, long now, CommitDraft draft, Origin? origin = null)
    {
        var before = schedules.Find(request.Id)?.Row;
        var reply = Do(request, started, now, draft) with { Id = request.Id };
        ScheduleAudit.Note(origin, request, reply, before, schedules.Find(request.Id)?.Row, now, draft);
        if (reply.Outcome == ScheduleOutcome.Done && request.Idempotency is { } entry)
            draft.Idempotency.Add(entry with { Answer = ScheduleAnswer.Write(reply) });
        return reply;
    }

    private ScheduleReply Do(ScheduleRequest request, IReadOnlySet<long> started, long now, CommitDraft draft)
    {
        var found = schedules.Find(request.Id);
        if (request.Action is ScheduleAction.Create or ScheduleAction.Put)
            return Put(request, found, now, draft);
        if (found is null)
            return DeleteUnreadable(request, draft);
        var round = NewRound(now, draft);
        switch (request.Action)
        {
            case ScheduleAction.Delete:
                schedules.Delete(found);
                draft.Schedules.Delete(found.Row.No);
                draft.Name(UserOf(request.Id), []);
                draft.Schedules.Tell(request.Id, ResourceState.Deleted);
                break;
            case ScheduleAction.Pause:
                schedules.Change(found, (schedule, change) => schedule.Pause(now, change), round);
                break;
            case ScheduleAction.Resume:
                schedules.Change(found, (schedule, change) => schedule.Resume(now, change), round);
                break;
            case ScheduleAction.Trigger:
                return Trigger(found, request.Task, now, draft);
            case ScheduleAction.Backfill:
                return Backfill(found, request, started, round);
            default:
                return new ScheduleReply(ScheduleOutcome.Done) { Accepted = found.CancelBackfill(draft.Schedules) };
        }

        return new ScheduleReply(ScheduleOutcome.Done);
    }

    // A schedule that cannot be read can only be deleted.
    private ScheduleReply DeleteUnreadable(ScheduleRequest request, CommitDraft draft)
    {
        if (request.Action != ScheduleAction.Delete || schedules.FindUnreadable(request.Id) is not { } row)
            return new ScheduleReply(ScheduleOutcome.NotFound);
        Delete(row, draft);
        draft.Schedules.Tell(request.Id, ResourceState.Deleted);
        return new ScheduleReply(ScheduleOutcome.Done);
    }

    private void Delete(ScheduleRow unreadable, CommitDraft draft)
    {
        schedules.DeleteUnreadable(unreadable);
        draft.Schedules.Delete(unreadable.No);
        draft.Name(UserOf(unreadable.Id), []);
    }

    private ScheduleReply Put(ScheduleRequest request, LiveSchedule? found, long now, CommitDraft draft)
    {
        var spec = ScheduleSpecReader.ReadStored(request.Spec.Span);
        var unreadable = schedules.FindUnreadable(request.Id);
        var known = found?.Row ?? unreadable;
        if ((request.Action == ScheduleAction.Create && known is not null) || (spec.Version is { } version && version != known?.Version))
            return new ScheduleReply(ScheduleOutcome.Conflict) { Version = known?.Version ?? 0 };
        var (plan, template) = Read(request.Spec, request.SecretEnv, found?.Row.CreatedAt ?? now);
        // Room comes only when another schedule is removed or shrinks, so suggest a minute (in milliseconds).
        if (!schedules.HasRoom(plan, template, found, isNew: known is null))
            return new ScheduleReply(ScheduleOutcome.QueueFull) { RetryAfter = 60_000 };
        if (found is null)
        {
            admission.TakeIntoUse(draft);
            if (unreadable is not null)
                Delete(unreadable, draft);
            var created = schedules.Create(
                request.Id, plan, template, spec.Paused, now, draft.Schedules, version: (unreadable?.Version ?? 0) + 1);
            draft.Schedules.Tell(request.Id, ResourceState.Changed);
            draft.Schedules.Put(new ScheduleBody(created.Row.No, request.Spec, request.SecretEnv));
            draft.Name(UserOf(request.Id), spec.NamedFiles);
            return new ScheduleReply(ScheduleOutcome.Done) { IsNew = unreadable is null };
        }

        schedules.Change(found, (schedule, round) => schedule.Replace(plan, template, spec.Paused, now, round), NewRound(now, draft));
        draft.Schedules.Put(new ScheduleBody(found.Row.No, request.Spec, request.SecretEnv));
        draft.Name(UserOf(request.Id), spec.NamedFiles);
        return new ScheduleReply(ScheduleOutcome.Done);
    }

    private ScheduleReply Trigger(LiveSchedule schedule, TaskId id, long now, CommitDraft draft)
    {
        TaskId? started = null;
        schedules.Change(schedule, (one, round) => started = one.Trigger(now, round), NewRound(now, draft, id));
        if (started is not null)
            return new ScheduleReply(ScheduleOutcome.Done) { Task = id };
        return new ScheduleReply(ScheduleOutcome.QueueFull)
        {
            RetryAfter = starts.RefusalOf(schedule.Template, now) ?? 1_000,
        };
    }

    private ScheduleReply Backfill(LiveSchedule schedule, ScheduleRequest request, IReadOnlySet<long> started, ScheduleRound round)
    {
        // Waiting times are kept in memory while the queue is full.
        if (schedule.WaitingBackfills >= ScheduleCore.MostWaitingBackfills)
            return new ScheduleReply(ScheduleOutcome.QueueFull) { RetryAfter = 60_000 };
        var done = schedules.Backfill(
            schedule, request.From, request.To, request.Parallel, request.Again ? null : started, round, out var count);
        return done is { } result
            ? new ScheduleReply(ScheduleOutcome.Done) { Accepted = result.Accepted, LeftOut = result.LeftOut }
            : new ScheduleReply(ScheduleOutcome.TooMany) { Accepted = count };
    }

    private (SchedulePlan Plan, ScheduleTemplate Template) Read(
        ReadOnlyMemory<byte> body, ReadOnlyMemory<byte> secretEnv, long createdAt)
    {
        var spec = ScheduleSpecReader.ReadStored(body.Span);
        var target = spec.Workflow is not null ? ScheduleTarget.Workflow
            : spec.Job is not null ? ScheduleTarget.Job
            : ScheduleTarget.Task;
        var template = new ScheduleTemplate(
            target, spec.CopyTarget(body.Span), secretEnv, spec.Workflow?.Nodes.Length ?? 0);
        return (spec.PlanOf(createdAt, calendars), template);
    }

    private static FileUse UserOf(string id) => new(FileUseKind.Schedule, id);

    private bool IsWaiting(TaskId id) => tasks.TryFind(id, out var slot) && tasks[slot].State is TaskState.Scheduled or TaskState.Queued;

    // Whatever is started gets an id of its own unless one is given.
    private ScheduleRound NewRound(long now, CommitDraft draft, TaskId? id = null) => new(
        draft.Schedules, tasks.NextNo,
        (schedule, occurrence) => starts.Start(schedule.Row.Id, schedule.Template, occurrence, id, now, draft))
    {
        IsBlackout = limits.IsBlackout,
        IsWaiting = IsWaiting,
    };
}
