using System.Buffers;
using System.Text.Json;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Definitions;
using OrleansTasks.Jobs;
using OrleansTasks.Rollouts;
using OrleansTasks.Tasks;
using OrleansTasks.Workflows;

namespace OrleansTasks.Client.Definitions;

/// <summary>
/// Records runs of definitions before they start. A call that is repeated after a crash finds the record by its
/// idempotency key, and starts what the record names.
/// </summary>
/// <param name="grains">The definitions, and what they start.</param>
/// <param name="starts">Starts what a definition describes.</param>
public sealed class RecordedRuns(GatewayGrains grains, DefinitionStarts starts)
{
    /// <summary>
    /// Records a run. Returns the record, or the earlier one with the same idempotency key; null if the definition does
    /// not exist.
    /// </summary>
    internal async Task<DefinitionRun?> Add(DefinitionRun run) =>
        (await grains.Writes.Repeatedly(() => grains.Definitions.AddRun(run))).Reply;

    /// <summary>Returns whether a recorded run has started.</summary>
    internal async Task<bool> HasStarted(DefinitionRun recorded) =>
        recorded.IsStarted || await StateOf(recorded) is not null;

    /// <summary>Starts a recorded run. Throws what refuses it; the record is then removed.</summary>
    /// <param name="target">What to start.</param>
    /// <param name="recorded">The record.</param>
    /// <param name="submitter">Who starts it; null if unknown.</param>
    internal async Task Start(FilledTarget target, DefinitionRun recorded, Submitter? submitter)
    {
        // A call with the same key may have started it in the meantime, and another start is then refused.
        if (await starts.Start(target, recorded, submitter) is { } refusal
            && (recorded.IdempotencyKey.IsEmpty || await StateOf(recorded) is null))
        {
            // A refused start is not a run. If the removal fails, the record stays and shows no state.
            await grains.Definitions.RemoveRun(recorded.Id);
            throw new ProblemException(refusal);
        }

        // Without this, a repeat after the retention time would start the run again.
        if (!recorded.IdempotencyKey.IsEmpty)
            await grains.Writes.ThenRead(() => grains.Definitions.Started(recorded.Id));
    }

    /// <summary>Returns the state of what a run started; null if it is not there.</summary>
    internal async Task<string?> StateOf(DefinitionRun run) => run.Kind switch
    {
        DefinitionKind.Task => await grains.Tasks.GetRows([run.Id]) is [var task] ? task.State.Name() : null,
        DefinitionKind.Job => (await grains.Jobs.Get(run.Id))?.State.Name(),
        DefinitionKind.Workflow => (await grains.Workflows.Get(run.Id))?.State.Name(),
        _ => (await grains.Rollouts.Get(run.Id))?.State.Name(),
    };

    /// <summary>
    /// Returns the values as given, for the next run. Secret values are stored only with what the run starts.
    /// </summary>
    internal static byte[] ShownValues(DefinitionSpec spec, DefinitionRunSpec asked)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach (var (name, value) in asked.Parameters)
            {
                if (value.ValueKind == JsonValueKind.Null
                    || spec.Parameters.Any(one => one.Name == name && one.IsSecret))
                    continue;
                json.WritePropertyName(name);
                value.WriteTo(json);
            }

            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
