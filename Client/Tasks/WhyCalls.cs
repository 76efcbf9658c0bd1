using System.Text.Json;
using OrleansTasks.Client.Http;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Tasks;

/// <summary>Shows why a task is not running yet, and when it will probably start.</summary>
/// <param name="reads">Finds tasks.</param>
/// <param name="grains">The tasks' dispatchers, and the nodes.</param>
public sealed class WhyCalls(ReadCalls reads, GatewayGrains grains)
{
    /// <summary>The query parameters.</summary>
    public static readonly QueryParameter[] Parameters =
    [
        new("nodes", "true: also since when the task waits, its position among the queued tasks, and whether each node "
            + "can run it; false by default.", "true"),
    ];

    private static readonly JsonEncodedText Until = JsonEncodedText.Encode("until");
    private static readonly JsonEncodedText EstimatedStart = JsonEncodedText.Encode("estimatedStart");
    private static readonly JsonEncodedText From = JsonEncodedText.Encode("from");
    private static readonly JsonEncodedText To = JsonEncodedText.Encode("to");
    private static readonly JsonEncodedText Position = JsonEncodedText.Encode("position");
    private static readonly JsonEncodedText Since = JsonEncodedText.Encode("since");

    /// <summary>Returns the reasons and the estimate and, if asked for, each node.</summary>
    internal async Task Get(HttpContext context, ApiCall call)
    {
        var showsNodes = context.ReadQuery(call).Flag("nodes");
        var task = await reads.Find(context);
        var isWaiting = task.State is TaskState.Scheduled or TaskState.Queued;
        var reply = isWaiting || task.State == TaskState.Assigned
            ? await grains.DispatcherOf(task).Why(task.Id)
            : WhyReply.None;
        reply = await WithDraining(reply, task);
        var json = JsonAnswer.Rent();
        json.Writer.WriteStartObject();
        Write(json.Writer, reply);
        if (showsNodes)
        {
            TaskJson.WriteTime(json.Writer, Since, isWaiting ? await SinceOf(task) : null);
            TaskJson.WriteNumber(json.Writer, Position, reply.Position);
            json.Writer.WriteStartArray("nodes"u8);
            if (isWaiting && SpecOf(task) is { } spec)
            {
                if (reply.ReservedMemory is { } memory)
                    spec = spec.WithReservedMemory(memory);
                foreach (var node in (await grains.Fleet.List()).Take(SubmitPreview.MostNodes))
                    SubmitPreview.Write(json.Writer, node, spec, NodeFit.Of(node, spec));
            }

            json.Writer.WriteEndArray();
        }

        json.Writer.WriteEndObject();
        await json.Send(context.Response);
    }

    // A node that only drains lacks nothing, so its name says more than that no node matches.
    private async Task<WhyReply> WithDraining(WhyReply reply, TaskRecord task)
    {
        const string NoNode = "no-matching-node";
        if (!reply.Reasons.Any(static reason => reason.Code == NoNode) || SpecOf(task) is not { } spec
            || NodeFit.Draining(await grains.Fleet.List(), spec) is not { } draining)
            return reply;
        return reply with
        {
            Reasons =
            [
                .. reply.Reasons.Select(reason =>
                    reason.Code == NoNode ? reason with { Detail = $"{reason.Detail} {draining}." } : reason),
            ],
        };
    }

    private static void Write(Utf8JsonWriter json, WhyReply reply)
    {
        json.WriteStartArray("reasons"u8);
        foreach (var reason in reply.Reasons)
            Write(json, reason);
        json.WriteEndArray();
        TaskJson.WriteTime(json, EstimatedStart, reply.EstimatedStart);
        if (reply.Range is { } range)
        {
            json.WriteStartObject("estimatedRange"u8);
            TaskJson.WriteTime(json, From, range.From);
            TaskJson.WriteTime(json, To, range.To);
            json.WriteNumber("samples"u8, range.Samples);
            json.WriteEndObject();
        }
        else
            json.WriteNull("estimatedRange"u8);
        json.WriteString("confidence"u8, reply.EstimatedStart is null ? null : reply.Confidence switch
        {
            EstimateConfidence.Rough => "rough",
            EstimateConfidence.Measured => "measured",
            _ => "exact",
        });
    }

    private static void Write(Utf8JsonWriter json, WaitReason reason)
    {
        json.WriteStartObject();
        json.WriteString("code"u8, reason.Code);
        json.WriteString("detail"u8, reason.Detail);
        if (reason.Count is { } count)
            json.WriteNumber("count"u8, count);
        if (reason.Until is { } until)
            TaskJson.WriteTime(json, Until, until);
        if (reason.Tasks is { } tasks)
        {
            json.WriteStartArray("tasks"u8);
            foreach (var waited in tasks)
                json.WriteStringValue(waited.ToString());
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    // A queued task has waited since it was queued. A scheduled task has waited since its latest attempt ended or, if
    // it has had none, since it was created.
    private async Task<long> SinceOf(TaskRecord task)
    {
        if (task is { State: TaskState.Queued, QueuedAt: { } queuedAt })
            return queuedAt;
        var attempts = task.Attempt == 0 ? null : await grains.Tasks.Attempts(task.Id);
        return attempts is [.., { EndedAt: { } endedAt }] ? endedAt : task.Id.CreatedAt;
    }

    /// <summary>Returns the task's spec; null if it cannot be read.</summary>
    internal static TaskSpec? SpecOf(TaskRecord task)
    {
        try
        {
            return TaskSpecReader.ReadStored(task.Spec.Span, default);
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
