using System.Text.Json;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Tasks;
using OrleansTasks.Workflows;

namespace OrleansTasks.Client.Workflows;

/// <summary>Writes workflows and their nodes as the HTTP contract shows them.</summary>
internal static class WorkflowJson
{
    /// <summary>Writes a workflow.</summary>
    public static void Write(Utf8JsonWriter json, WorkflowView workflow)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, workflow.Id.ToString());
        json.WriteString("name"u8, workflow.Name);
        json.WriteString("queue"u8, workflow.Queue);
        json.WriteString("state"u8, workflow.State.Name());
        json.WriteNumber("run"u8, workflow.Run);
        json.WriteString("onFailure"u8, workflow.OnFailure.Name());
        TaskJson.WriteLabels(json, JsonEncodedText.Encode("labels"), workflow.Labels);
        WriteTime(json, "createdAt", workflow.Id.CreatedAt);
        WriteTime(json, "startedAt", workflow.StartedAt);
        WriteTime(json, "endedAt", workflow.EndedAt);
        WriteTime(json, "cancelRequestedAt", workflow.CancelRequestedAt);
        json.WriteNumber("nodes"u8, workflow.ByState.Sum());
        var ended = TaskStates.All.Where(static state => state.IsFinal()).Sum(state => workflow.ByState[(int)state]);
        json.WriteNumber("ended"u8, ended);
        WriteStates(json, workflow.ByState);
        json.WriteStartArray("failedNodes"u8);
        foreach (var name in workflow.FailedNodes)
            json.WriteStringValue(name);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Writes a node.</summary>
    public static void Write(Utf8JsonWriter json, WorkflowNodeView node)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, node.Name);
        json.WriteString("state"u8, node.State.Name());
        json.WriteString("reason"u8, node.Reason.Name());
        if (node.ExitCode is { } code)
            json.WriteNumber("exitCode"u8, code);
        else
            json.WriteNull("exitCode"u8);
        json.WriteBoolean("mayFail"u8, node.MayFail);
        json.WriteStartArray("after"u8);
        for (var i = 0; i < node.After.Length; i++)
        {
            json.WriteStartObject();
            json.WriteString("node"u8, node.After[i]);
            json.WriteString("on"u8, node.On[i].Name());
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("task"u8, node.Task.ToString());
        if (node.IsJob)
            json.WriteString("job"u8, node.Job?.ToString());
        WriteTime(json, "startedAt", node.StartedAt);
        WriteTime(json, "endedAt", node.EndedAt);
        WriteForEach(json, node.ForEach);
        WriteItems(json, node.Items);
        json.WriteEndObject();
    }

    private static void WriteForEach(Utf8JsonWriter json, ForEachView? forEach)
    {
        if (forEach is null)
        {
            json.WriteNull("forEach"u8);
            return;
        }

        json.WriteStartObject("forEach"u8);
        json.WriteString("node"u8, forEach.Node);
        json.WriteString(
            "from"u8, forEach.From switch { ItemsFrom.Result => "result", ItemsFrom.Stdout => "stdout", _ => "artifacts" });
        json.WriteString("select"u8, forEach.Select);
        json.WriteEndObject();
    }

    private static void WriteItems(Utf8JsonWriter json, ItemCounts? items)
    {
        if (items is null)
            json.WriteNull("elements"u8);
        else
        {
            json.WriteStartObject("elements"u8);
            if (items.Total is { } total)
                json.WriteNumber("total"u8, total);
            else
                json.WriteNull("total"u8);
            WriteStates(json, items.ByState);
            json.WriteEndObject();
        }

        json.WriteString("detail"u8, items?.Fault);
    }

    private static void WriteStates(Utf8JsonWriter json, ImmutableArray<int> byState)
    {
        json.WriteStartObject("byState"u8);
        foreach (var state in TaskStates.All)
        {
            if (byState[(int)state] > 0)
                json.WriteNumber(state.Name(), byState[(int)state]);
        }

        json.WriteEndObject();
    }

    private static void WriteTime(Utf8JsonWriter json, string name, long? time) =>
        TaskJson.WriteTime(json, JsonEncodedText.Encode(name), time);
}
