using System.Text.Json;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Processing.Text;
using OrleansTasks.Rollouts;
using OrleansTasks.Tasks;
namespace OrleansTasks.Client.Rollouts;

/// <summary>Writes rollouts, their nodes and output groups as the HTTP contract shows them.</summary>
internal static class RolloutJson
{
    // The fields that are null if the stored body cannot be read.
    private static readonly string[] FromBody =
        ["select", "waves", "maxFailed", "pause", "catchUp", "nextWaveAt", "task"];

    /// <summary>Writes a rollout.</summary>
    public static void Write(Utf8JsonWriter json, RolloutView rollout)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, rollout.Id.ToString());
        json.WriteString("name"u8, rollout.Name);
        json.WriteString("queue"u8, rollout.Queue);
        json.WriteString("state"u8, rollout.State.Name());
        json.WriteNumber("wave"u8, rollout.Wave);
        WriteBody(json, rollout);
        json.WriteStartObject("nodes"u8);
        for (var state = 0; state < rollout.ByState.Length; state++)
            json.WriteNumber(RolloutNames.AllNodeStates[state], rollout.ByState[state]);
        json.WriteEndObject();
        WriteTime(json, "createdAt", rollout.Id.CreatedAt);
        WriteTime(json, "endedAt", rollout.EndedAt);
        WriteTime(json, "cancelRequestedAt", rollout.CancelRequestedAt);
        json.WriteEndObject();
    }

    /// <summary>Writes a node.</summary>
    public static void Write(Utf8JsonWriter json, RolloutNodeView node)
    {
        json.WriteStartObject();
        json.WriteString("node"u8, node.Node);
        json.WriteString("state"u8, node.State.Name());
        json.WriteNumber("tries"u8, node.Tries);
        json.WriteString("task"u8, node.Task?.ToString());
        json.WriteString("taskState"u8, node.TaskState?.Name());
        json.WriteString("reason"u8, node.Reason.Name());
        WriteCode(json, node.ExitCode);
        WriteTime(json, "startedAt", node.StartedAt);
        WriteTime(json, "endedAt", node.EndedAt);
        json.WriteEndObject();
    }

    /// <summary>Writes a group of nodes whose commands ended alike.</summary>
    public static void Write(Utf8JsonWriter json, RolloutOutputGroup group)
    {
        json.WriteStartObject();
        json.WriteNumber("count"u8, group.Nodes.Length);
        json.WriteStartArray("nodes"u8);
        foreach (var node in group.Nodes)
            json.WriteStringValue(node);
        json.WriteEndArray();
        WriteCode(json, group.ExitCode);
        json.WriteString("signal"u8, group.Signal);
        json.WriteString("reason"u8, group.Reason.Name());
        json.WriteString("sample"u8, group.Sample);
        json.WriteEndObject();
    }

    private static void WriteBody(Utf8JsonWriter json, RolloutView rollout)
    {
        if (Read(rollout) is not { } spec)
        {
            foreach (var name in FromBody)
                json.WriteNull(name);
            return;
        }

        var plan = spec.Plan;
        TaskJson.WriteLabels(json, JsonEncodedText.Encode("select"), spec.Select);
        json.WriteStartArray("waves"u8);
        foreach (var wave in plan.Waves)
            Write(json, wave);
        json.WriteEndArray();
        json.WritePropertyName("maxFailed"u8);
        Write(json, plan.MaxFailed);
        json.WriteString("pause"u8, Durations.Format(TimeSpan.FromMilliseconds(plan.Pause)));
        json.WriteString("catchUp"u8, Durations.Format(TimeSpan.FromMilliseconds(plan.CatchUp)));
        var isPausing = rollout is { State: RolloutState.Running, WaveEndedAt: > 0, CancelRequestedAt: 0 }
            && rollout.ByState[(int)RolloutNodeState.Pending] > 0;
        WriteTime(json, "nextWaveAt", isPausing ? rollout.WaveEndedAt + plan.Pause : 0);
        json.WritePropertyName("task"u8);
        json.WriteRawValue(spec.Extent.CopySpec(rollout.Spec.Span), skipInputValidation: true);
    }

    private static RolloutSpec? Read(RolloutView rollout)
    {
        try
        {
            return RolloutSpecReader.ReadStored(rollout.Spec.Span);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static void Write(Utf8JsonWriter json, RolloutShare share)
    {
        if (share.IsPercent)
            json.WriteStringValue(share.ToString());
        else
            json.WriteNumberValue((long)share.Value);
    }

    private static void WriteCode(Utf8JsonWriter json, int? exitCode)
    {
        if (exitCode is { } code)
            json.WriteNumber("exitCode"u8, code);
        else
            json.WriteNull("exitCode"u8);
    }

    // 0 means not reached.
    private static void WriteTime(Utf8JsonWriter json, string name, long time) =>
        TaskJson.WriteTime(json, JsonEncodedText.Encode(name), time == 0 ? null : time);
}
