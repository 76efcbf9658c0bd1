using OrleansTasks.Calendars;
using OrleansTasks.Client.Access;
using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Figures;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Queues;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Queues;

/// <summary>Shows and changes queues.</summary>
/// <param name="grains">The queues.</param>
/// <param name="time">The clock.</param>
/// <param name="figures">Counts failed tasks; null if this gateway keeps no figures.</param>
public sealed class QueueCalls(GatewayGrains grains, TimeProvider time, FigureCollector? figures = null)
{
    /// <summary>Lists all queues by name.</summary>
    internal async Task List(HttpContext context) => await ContractJson.Send(
        context, new WholeList<QueueAnswer>((await Read()).Values.Select(QueueAnswer.Of)));

    /// <summary>Returns one queue.</summary>
    internal async Task Get(HttpContext context)
    {
        if (!(await Read()).TryGetValue(NameIn(context), out var queue))
            throw NoQueue();
        await Send(context, queue);
    }

    /// <summary>Creates a queue or changes its settings.</summary>
    internal async Task Put(HttpContext context)
    {
        var name = NameIn(context);
        if (!SpecRules.IsQueueName(name))
            throw new ProblemException(Problems.Invalid("invalid-queue",
                [new SpecError("name", $"'{StrictReader.Quote(name)}' is not a queue name: it must match {SpecRules.QueueName}")]));
        var body = await RequestBody.ReadJson(context, RequestBody.Largest, time);
        var errors = new SpecErrors();
        if (BodyReader.Read(body, new QueueChange((Placement?)null), errors) is not { } change)
            throw new ProblemException(Problems.Of(errors, "invalid-queue"));
        var onlyCreates = CreateOnly.IsAsked(context, change.Version);
        if (onlyCreates)
            change = change with { Version = 0 };
        await UseCalendars(name, change);
        var reply = await QueueVersions.Put(
            grains.Queues, name, change, asked => grains.Writes.Once(() => grains.Queue(name).Put(asked)));
        if (reply.IsConflict)
        {
            throw new ProblemException(
                onlyCreates ? Problems.AlreadyExists("queue") : Problems.VersionConflict(reply.Settings?.Version));
        }

        // Answer with the settings of this change: another caller may have changed the queue since.
        var known = (await grains.Writes.ThenRead(Read)).GetValueOrDefault(name);
        await Send(context, new Queue(reply.Settings!)
        { Status = known?.Status, FailedLastDay = known?.FailedLastDay, HeldBy = known?.HeldBy });
    }

    // The calendars stay from before the settings are stored.
    private async Task UseCalendars(string name, QueueChange change)
    {
        if (change.Blackouts is not { } blackouts)
            return;
        ImmutableArray<string> names = [.. blackouts.Select(static one => one.Calendar).OfType<string>()];
        if (names.IsEmpty)
            return;
        var missing = await grains.Writes.Once(() => grains.Calendars.Use(names, CalendarUserKind.Queue, name, name));
        if (!missing.IsEmpty)
        {
            throw new ProblemException(Problems.Invalid("invalid-queue",
            [
                .. blackouts.Select(static (one, i) => (one.Calendar, Index: i)).Where(one => one.Calendar is { } calendar && missing.Contains(calendar))
                    .Select(static one => new SpecError($"blackouts[{one.Index}].calendar", $"no calendar has the name '{one.Calendar}'")),
            ]));
        }
    }

    /// <summary>Deletes a queue that has no open tasks.</summary>
    internal async Task Delete(HttpContext context)
    {
        var name = NameIn(context);
        if (name == QueueSettings.DefaultQueue)
            throw new ProblemException(Problems.QueueIsDefault());
        // Look the queue up first, so that a wrong name does not activate a grain.
        if (!SpecRules.IsQueueName(name) || await QueueVersions.Of(grains.Queues, name) == 0)
            throw NoQueue();
        switch (await QueueVersions.Delete(
            grains.Queues, name, version => grains.Writes.Once(() => grains.Queue(name).Delete(version))))
        {
            case QueueDeletion.NotFound:
                throw NoQueue();
            case QueueDeletion.NotEmpty:
                throw new ProblemException(Problems.QueueNotEmpty());
        }

        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    /// <summary>Returns the exception for 404: no such queue.</summary>
    internal static ProblemException NoQueue() => new(Problems.NotFound("No queue has this name; its first task creates it."));

    /// <summary>Returns the name in the route.</summary>
    internal static string NameIn(HttpContext context) => context.Request.RouteValues["name"] as string ?? "";

    private static Task Send(HttpContext context, Queue queue)
    {
        if (context.MayRead())
            return ContractJson.Send(context, QueueAnswer.Of(queue));
        var json = JsonAnswer.Rent();
        BriefAnswer.Write(json.Writer, queue.Settings.Name, null, queue.Settings.Version, "name");
        return json.Send(context.Response);
    }

    private Task<SortedDictionary<string, Queue>> Read() => ReadAll(grains, figures);

    /// <summary>
    /// Reads all queues by name, with each queue's failed tasks of the last 24 hours and what holds its tasks back.
    /// </summary>
    internal static async Task<SortedDictionary<string, Queue>> ReadAll(GatewayGrains grains, FigureCollector? figures)
    {
        var queues = await ReadAll(grains);
        foreach (var (name, queue) in queues)
        {
            queue.FailedLastDay = figures?.FailedLastDay(name);
            queue.HeldBy = figures?.HeldBy(name);
        }

        return queues;
    }

    /// <summary>Reads all queues by name.</summary>
    internal static async Task<SortedDictionary<string, Queue>> ReadAll(GatewayGrains grains)
    {
        var queues = new SortedDictionary<string, Queue>(StringComparer.Ordinal)
        { [QueueSettings.DefaultQueue] = new(QueueSettings.DefaultOf(QueueSettings.DefaultQueue)) };
        var (settings, statuses) = (grains.Queues.ListSettings(), grains.Queues.List());
        foreach (var known in await settings)
            queues[known.Name] = new Queue(known);
        foreach (var status in await statuses)
        {
            if (!queues.TryGetValue(status.Queue, out var queue))
                queues[status.Queue] = queue = new(QueueSettings.DefaultOf(status.Queue));
            queue.Status = status;
        }

        return queues;
    }

    /// <summary>A queue's settings and figures.</summary>
    internal sealed record Queue(QueueSettings Settings)
    {
        /// <summary>The queue's counts; null before its first task.</summary>
        public QueueStatus? Status { get; set; }

        /// <summary>How many of the queue's tasks have failed in the last 24 hours; null if unknown.</summary>
        public long? FailedLastDay { get; set; }

        /// <summary>What held the queue's tasks back in the last five minutes; null if unknown.</summary>
        public ImmutableArray<HeldShare>? HeldBy { get; set; }
    }
}
