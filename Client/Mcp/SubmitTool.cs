using System.Text.Json.Nodes;
using OrleansTasks.Client.Feed;
using OrleansTasks.Client.Http;
using OrleansTasks.Processing.Text;

namespace OrleansTasks.Client.Mcp;

/// <summary>
/// Submits a task and, if asked to, waits for it. A sender that accepts tasks of the protocol gets one instead of the
/// wait; its id is the submitted task's.
/// </summary>
/// <param name="call">The call that submits a task.</param>
internal sealed class SubmitTool(ApiCall call) : ApiTool(call)
{
    private const string Wait = "wait";

    /// <inheritdoc/>
    public override async Task<McpOutcome> Call(McpRequest request)
    {
        var wait = request.Arguments.Text(Wait);
        // Refuse a bad wait before the task is submitted.
        if (wait is not null && !(Durations.TryParse(wait, out var time) && time <= TaskWaits.Longest))
            throw QueryValues.Refuse($"'{Wait}' must be {Durations.Examples} of at most {Durations.Format(TaskWaits.Longest)}.");
        var answer = await request.Send(CallOf(request.Arguments));
        if (wait is null || answer.Status != StatusCodes.Status202Accepted)
            return new McpOutcome(McpResults.Of(answer));
        var task = McpResults.Read(answer.Body!);
        if (request.TakesTasks)
            return new McpOutcome(null, McpTasks.CreatedOf(task));
        var ended = await request.Send(McpTools.TaskOf((string)task["id"]!, wait));
        // A key without the scope read cannot wait. The task is submitted anyway, so return the first answer.
        return new McpOutcome(McpResults.Of(ended.IsSuccess ? ended : answer));
    }

    /// <inheritdoc/>
    protected override JsonObject Properties()
    {
        var properties = base.Properties();
        properties[Wait] = Property(
            "string", "Answer when the task has ended, but at the latest after this duration of up to 60s. By default, answer at once.");
        return properties;
    }

    /// <inheritdoc/>
    protected override string[] Own() => [.. base.Own(), Wait];
}
