using System.Text;
using System.Text.Json;
using OrleansTasks.Client.Access;
using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Feed;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Definitions;
using OrleansTasks.Jobs;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Queues;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Jobs;

/// <summary>Accepts, shows and cancels jobs.</summary>
/// <param name="grains">The jobs.</param>
/// <param name="waits">Waits for jobs to end.</param>
/// <param name="ids">Mints ids.</param>
/// <param name="idempotency">The idempotency keys in use by open calls of this gateway.</param>
/// <param name="reads">Limits concurrent long reads.</param>
/// <param name="answers">Limits the bytes of large answers.</param>
/// <param name="time">The clock.</param>
public sealed class JobCalls(
    GatewayGrains grains, JobWaits waits, TaskIdSource ids, Idempotency idempotency, LongReads reads, AnswerBudget answers,
    TimeProvider time)
{
    private const int PageSize = 100;
    private const int ResultPage = 512 * 1024;
    private const string Root = "/api/v1/jobs/";

    /// <summary>Accepts a job.</summary>
    internal async Task Submit(HttpContext context, ApiCall call)
    {
        var body = await RequestBody.ReadJson(context, RequestBody.Largest, time);
        var errors = new SpecErrors();
        if (JobSpecReader.Read(body, errors) is not { } spec)
        {
            await context.WriteProblem(Problems.Of(errors, "invalid-job"));
            return;
        }

        var id = ids.Next();
        var answer = new StoredAnswer(Root + id, Bytes(context, Accepted(id, spec)));
        var entry = Idempotency.KeyOf(context, call) is { } key ? Idempotency.EntryOf(key, body, answer) : null;
        using var claim = entry is null ? default : idempotency.Enter(entry.Key);
        var reply = await Create(id, body, entry);
        if (reply.Outcome == JobOutcome.SourceRefused)
        {
            var field = spec.Source.Files.IsEmpty ? "source.file.path" : "source.file";
            throw new ProblemException(Problems.Invalid(
                "invalid-job", [new SpecError(field, Encoding.UTF8.GetString(reply.Answer.Span))]));
        }

        if (reply.Outcome == JobOutcome.KeyReused)
            throw new ProblemException(Problems.IdempotencyKeyReuse());
        if (reply.Outcome == JobOutcome.Replayed && !reply.Answer.Span.SequenceEqual(entry!.Answer.Span))
        {
            context.Response.Headers[Idempotency.ReplayedHeader] = "true";
            answer = StoredAnswer.Decode(reply.Answer);
        }

        context.Response.StatusCode = StatusCodes.Status202Accepted;
        context.Response.Headers.Location = answer.Location;
        context.Response.ContentType = "application/json";
        await context.SendBytes(answer.Body);
    }

    /// <summary>Returns one job, at once or when it has ended.</summary>
    internal async Task Get(HttpContext context, ApiCall call)
    {
        var wait = context.ReadQuery(call).Duration("wait", TaskWaits.Longest) ?? TimeSpan.Zero;
        var job = await waits.Ended(
            IdOf(context), wait, () => answers.Hold(context, call.Room), context.RequestAborted);
        await Send(context, job ?? throw NoJob());
    }

    /// <summary>
    /// Returns the spec that a job was submitted with, without the members that a schedule or a workflow added. An
    /// unreadable spec is returned as an empty object.
    /// </summary>
    internal async Task Spec(HttpContext context)
    {
        var stored = await grains.Jobs.Spec(IdOf(context)) ?? throw NoJob();
        var json = JsonAnswer.Rent();
        json.Writer.WriteStartObject();
        try
        {
            using var spec = JsonDocument.Parse(stored);
            if (spec.RootElement.ValueKind != JsonValueKind.Object)
                throw new JsonException();
            foreach (var member in spec.RootElement.EnumerateObject().Where(static member => !JobSpecReader.IsAdded(member.Name)))
            {
                if (member is { Name: "labels", Value.ValueKind: JsonValueKind.Object })
                    WriteLabels(json.Writer, member.Value);
                else
                    member.WriteTo(json.Writer);
            }
        }
        catch (JsonException)
        {
            // Nothing but the start of the object was written, because the document is parsed as a whole first.
        }

        json.Writer.WriteEndObject();
        await json.Send(context.Response);
    }

    // Without the service's own labels, which nobody can submit.
    private static void WriteLabels(Utf8JsonWriter json, JsonElement labels)
    {
        json.WriteStartObject("labels"u8);
        foreach (var label in labels.EnumerateObject().Where(static label => !DefinitionLabels.IsReserved(label.Name)))
            label.WriteTo(json);
        json.WriteEndObject();
    }

    /// <summary>Lists jobs, newest first.</summary>
    internal async Task List(HttpContext context, ApiCall call)
    {
        var query = context.ReadQuery(call);
        var filter = JobQuery.Read(query);
        var limit = query.Integer("limit", 1, 1000, defaultValue: PageSize);
        using var place = await answers.Hold(context, 2 * ServiceLimits.ListBytes);
        var (jobs, hasMore) = await Page(context, filter, Cursors.Read(query.Text("cursor")), limit);
        await ListAnswer.Send(
            context, jobs, static (json, job) => ContractJson.Write(json, JobAnswer.Of(job)),
            hasMore ? Cursors.After(jobs[^1].Id) : null);
    }

    /// <summary>
    /// Reads jobs for one answer: <paramref name="limit"/> of them, or fewer if they are large. Also returns whether
    /// there are more.
    /// </summary>
    private async Task<(List<JobView> Jobs, bool HasMore)> Page(
        HttpContext context, JobFilter filter, TaskId? before, int limit)
    {
        var jobs = new List<JobView>();
        long left = ServiceLimits.ListBytes;
        while (jobs.Count <= limit && left > 0)
        {
            var page = await Read(before, limit + 1 - jobs.Count);
            if (page.IsEmpty)
                return (jobs, false);
            jobs.AddRange(page);
            left -= page.Sum(static job => (long)job.Aggregate.Length);
            before = page[^1].Id;
        }

        if (jobs.Count <= limit)
            return (jobs, !(await Read(before, 1)).IsEmpty);
        jobs.RemoveAt(limit);
        return (jobs, true);

        Task<ImmutableArray<JobView>> Read(TaskId? before, int limit) => reads.Run(
            context, cancellation => grains.Jobs.List(filter, before, limit, cancellation), isAdmitted: jobs.Count > 0);
    }

    /// <summary>Cancels a job. Its aggregate stays as it is at that time.</summary>
    internal async Task Cancel(HttpContext context)
    {
        var job = await grains.Writes.FirstRead(() => Find(context));
        if (job.State.IsFinal())
            throw Finished(job);
        var (isCancelled, isRepeated) = await grains.Writes.Repeatedly(() => grains.Job(job.Id).Cancel());
        var now = await grains.Writes.ThenRead(() => grains.Jobs.Get(job.Id)) ?? throw NoJob();
        if (!isCancelled && !(isRepeated && now.CancelRequestedAt is not null))
            throw Finished(now);
        context.Response.StatusCode = StatusCodes.Status202Accepted;
        await Send(context, now);
    }

    /// <summary>Lists a job's failed items and chunks, in the order in which they became known.</summary>
    internal async Task Failures(HttpContext context, ApiCall call)
    {
        var query = context.ReadQuery(call);
        var limit = query.Integer("limit", 1, 1000, defaultValue: PageSize);
        var from = Cursors.Read(query.Text("cursor")) is { } cursor ? (int)Math.Min(cursor.Low, int.MaxValue) : 0;
        var failures = (await Find(context)).Failures;
        var next = (long)from + limit;
        await ListAnswer.Send(
            context, failures.Skip(from).Take(limit),
            static (json, failure) => ContractJson.Write(json, JobFailureAnswer.Of(failure)),
            next < failures.Length ? Cursors.After(new TaskId(0, (ulong)next)) : null);
    }

    /// <summary>Returns the collected results: all of them once the job has ended, otherwise those so far.</summary>
    internal async Task Results(HttpContext context)
    {
        var id = IdOf(context);
        var page = await grains.Jobs.Results(id, 0, ResultPage);
        if (page is null)
        {
            _ = await grains.Jobs.Get(id) ?? throw NoJob();
            throw new ProblemException(Problems.NothingCollected());
        }

        context.Response.ContentType = "application/x-ndjson";
        context.Response.Headers.CacheControl = "no-store";
        if (HttpMethods.IsHead(context.Request.Method))
            return;
        using var place = await answers.Hold(context, ResultPage);
        var download = answers.Download(context);
        while (page is { IsEmpty: false } chunks)
        {
            foreach (var chunk in chunks)
                await download.Write(chunk.Lines);
            page = await grains.Jobs.Results(id, chunks[^1].No, ResultPage);
        }

        // Retention has deleted the job since the first page. The status is already sent, so abort the connection to
        // tell the client that results are missing.
        if (page is null)
            context.Abort();
    }

    /// <summary>
    /// Creates the job, and tries once more under the same id if the outcome of the first call is unknown.
    /// </summary>
    private async Task<JobReply> Create(TaskId id, byte[] spec, IdempotencyEntry? entry) =>
        (await grains.Writes.Repeatedly(() => grains.Job(id).Create(spec, entry))).Reply;

    private async Task<JobView> Find(HttpContext context) => await grains.Jobs.Get(IdOf(context)) ?? throw NoJob();

    /// <summary>Returns the id in the route. Throws 404 if it is not an id.</summary>
    internal static TaskId IdOf(HttpContext context) =>
        TaskId.TryParse(context.Request.RouteValues["id"] as string, out var id) ? id : throw NoJob();

    /// <summary>Returns the exception for 404: no such job.</summary>
    internal static ProblemException NoJob() =>
        new(Problems.NotFound("No job has this id. The service deletes ended jobs after the retention time."));

    /// <summary>Returns the exception for 409: the job has ended.</summary>
    internal static ProblemException Finished(JobView job) => new(Problems.JobFinished(job.State.Name()));

    /// <summary>Sends a job as the answer.</summary>
    internal static Task Send(HttpContext context, JobView job)
    {
        var json = JsonAnswer.Rent();
        Write(context, json.Writer, job);
        return json.Send(context.Response);
    }

    private static byte[] Bytes(HttpContext context, JobView job)
    {
        var json = JsonAnswer.Rent();
        Write(context, json.Writer, job);
        return json.ToArray();
    }

    private static void Write(HttpContext context, Utf8JsonWriter json, JobView job)
    {
        if (context.MayRead())
            ContractJson.Write(json, JobAnswer.Of(job));
        else
            BriefAnswer.Write(json, job.Id.ToString(), job.State.Name());
    }

    /// <summary>Returns the view of a job that has just been accepted.</summary>
    private static JobView Accepted(TaskId id, JobSpec spec)
    {
        var outcome = JsonAnswer.Rent();
        new Partial(spec.Plan).WriteOutcome(outcome.Writer);
        return new JobView
        {
            Id = id,
            Name = spec.Name,
            State = JobState.Running,
            Queue = spec.Queue,
            Labels = spec.Labels,
            Percent = spec.Source.Count is null ? null : 0,
            Aggregate = outcome.ToArray(),
        };
    }
}
