using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using OrleansTasks.Client.Failures;
using OrleansTasks.Definitions;
using OrleansTasks.Processing.Text;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Tasks;

/// <summary>Writes tasks and attempts as the HTTP contract shows them.</summary>
internal static class TaskJson
{
    /// <summary>Writes a task.</summary>
    public static void Write(Utf8JsonWriter json, TaskRecord task)
    {
        json.WriteStartObject();
        WriteFields(json, task);
        json.WriteStartObject(Field.Output);
        WriteSizes(json, task);
        WriteText(json, Field.Tail, task.Tail.Span);
        json.WriteEndObject();
        WriteLabels(json, Field.Labels, task.Labels);
        json.WritePropertyName(Field.Spec);
        WriteStored(json, task.Spec.Span);
        json.WriteEndObject();
    }

    /// <summary>Writes a row. The record must be a row (<see cref="TaskRecord.AsRow"/>).</summary>
    public static void WriteRow(Utf8JsonWriter json, TaskRecord row)
    {
        json.WriteStartObject();
        WriteFields(json, row);
        json.WriteStartObject(Field.Output);
        WriteSizes(json, row);
        json.WriteEndObject();
        WriteLabels(json, Field.Labels, row.Labels);
        json.WriteString(Field.Command, row.Command);
        json.WriteNumber(Field.MaxAttempts, row.MaxAttempts);
        WriteNumber(json, Field.MaxRssBytes, row.MaxRssBytes == 0 ? null : row.MaxRssBytes);
        json.WriteString(Field.Batch, row.Batch?.ToString());
        json.WriteEndObject();
    }

    /// <summary>Writes the fields that tasks and rows begin with.</summary>
    private static void WriteFields(Utf8JsonWriter json, TaskRecord task)
    {
        WriteId(json, Field.Id, task.Id);
        json.WriteString(Field.Name, task.Name);
        json.WriteString(Field.Queue, task.Queue);
        json.WriteNumber(Field.Priority, (int)task.Priority);
        json.WriteString(Field.State, task.State.Name());
        json.WriteNumber(Field.Attempt, task.Attempt);
        json.WriteString(Field.Node, task.Node);
        WriteTime(json, Field.CreatedAt, task.Id.CreatedAt);
        WriteTime(json, Field.QueuedAt, task.QueuedAt);
        WriteTime(json, Field.StartedAt, task.StartedAt);
        WriteTime(json, Field.EndedAt, task.EndedAt);
        WriteTime(json, Field.CancelRequestedAt, task.CancelRequestedAt);
        WriteNumber(json, Field.ExitCode, task.ExitCode);
        json.WriteString(Field.Signal, task.Signal);
        json.WriteString(Field.Reason, task.Reason.Name());
        json.WriteBoolean(Field.Quarantined, task.IsQuarantined);
        json.WriteString(Field.Fingerprint, task.Fingerprint is { } fingerprint ? Fingerprints.Format(fingerprint) : null);
        json.WriteNumber(Field.Version, task.Version);
        WriteWorkflow(json, task);
        WriteNumber(json, Field.ResultBytes, task.ResultBytes);
        WriteNumber(json, Field.ArtifactCount, task.Artifacts?.Count);
        WriteNumber(json, Field.ArtifactBytes, task.Artifacts?.Bytes);
        json.WriteBoolean(Field.ArtifactsExpired, task.Artifacts is { IsExpired: true });
        json.WritePropertyName(Field.Progress);
        WriteProgress(json, task.Progress, task.EndedAt is null ? task.StartedAt : null);
        WriteSubmitter(json, task.SubmittedBy);
        WriteDefinition(json, DefinitionLabels.Of(task.Labels));
        json.WriteBoolean(Field.HadSecrets, task.HadSecrets);
    }

    /// <summary>Writes progress, or null.</summary>
    /// <param name="json">The writer.</param>
    /// <param name="progress">The progress; null for none.</param>
    /// <param name="startedAt">When its attempt started; null if it has ended, and for no end by its pace.</param>
    public static void WriteProgress(Utf8JsonWriter json, TaskProgress? progress, long? startedAt)
    {
        if (progress is null)
        {
            json.WriteNullValue();
            return;
        }

        json.WriteStartObject();
        WriteProgressFields(json, progress, startedAt);
        json.WriteEndObject();
    }

    /// <summary>Writes the fields of progress.</summary>
    public static void WriteProgressFields(Utf8JsonWriter json, TaskProgress progress, long? startedAt)
    {
        json.WriteNumber(Field.Percent, progress.Hundredths / 100m);
        json.WriteString(Field.Message, progress.Message);
        WriteTime(json, Field.At, progress.At);
        WriteTime(json, Field.EndsAt, progress.EndsAt(startedAt));
    }

    private static void WriteSubmitter(Utf8JsonWriter json, Submitter? by)
    {
        if (by is null)
        {
            json.WriteNull(Field.SubmittedBy);
            return;
        }

        json.WriteStartObject(Field.SubmittedBy);
        json.WriteString("key"u8, by.Key);
        json.WriteString("name"u8, by.KeyName);
        json.WriteString("says"u8, by.Says);
        json.WriteEndObject();
    }

    private static void WriteDefinition(Utf8JsonWriter json, DefinitionRef? definition)
    {
        if (definition is null)
        {
            json.WriteNull(Field.Definition);
            return;
        }

        json.WriteStartObject(Field.Definition);
        json.WriteString(Field.Name, definition.Name);
        json.WriteNumber(Field.Version, definition.Version);
        json.WriteEndObject();
    }

    private static void WriteWorkflow(Utf8JsonWriter json, TaskRecord task)
    {
        if (task.WorkflowNode is not { } node || task.Batch is not { } workflow)
        {
            json.WriteNull(Field.Workflow);
            return;
        }

        json.WriteStartObject(Field.Workflow);
        WriteId(json, Field.Id, workflow);
        json.WriteString(Field.Node, node);
        WriteNumber(json, Field.Item, task.WorkflowItem);
        json.WriteEndObject();
    }

    private static void WriteSizes(Utf8JsonWriter json, TaskRecord task)
    {
        json.WriteNumber(Field.StdoutBytes, task.StdoutBytes);
        json.WriteNumber(Field.StderrBytes, task.StderrBytes);
        json.WriteBoolean(Field.Truncated, task.Truncated);
    }

    /// <summary>Writes an attempt.</summary>
    public static void Write(Utf8JsonWriter json, AttemptRecord attempt)
    {
        json.WriteStartObject();
        json.WriteNumber(Field.Attempt, attempt.Attempt);
        json.WriteString(Field.Node, attempt.Node);
        json.WriteString(Field.State, attempt.State.Name());
        json.WriteString(Field.Reason, attempt.Reason.Name());
        WriteNumber(json, Field.ExitCode, attempt.ExitCode);
        json.WriteString(Field.Signal, attempt.Signal);
        WriteTime(json, Field.StartedAt, attempt.StartedAt);
        WriteTime(json, Field.EndedAt, attempt.EndedAt);
        WriteNumber(json, Field.MaxRssBytes, attempt.MaxRssBytes);
        json.WriteString(Field.CpuTime, attempt.CpuTime is { } cpu ? Durations.Format(TimeSpan.FromMicroseconds(cpu))
            : null);
        json.WriteEndObject();
    }

    /// <summary>Writes labels as an object.</summary>
    public static void WriteLabels(Utf8JsonWriter json, JsonEncodedText name, ImmutableArray<Label> labels)
    {
        json.WriteStartObject(name);
        foreach (var label in labels)
        {
            if (!DefinitionLabels.IsReserved(label.Key))
                json.WriteString(label.Key, label.Value);
        }

        json.WriteEndObject();
    }

    /// <summary>Writes stored JSON; writes null if it is invalid, so that one bad row does not break a list.</summary>
    public static void WriteStored(Utf8JsonWriter json, ReadOnlySpan<byte> stored)
    {
        try
        {
            json.WriteRawValue(stored);
        }
        catch (Exception fault) when (fault is JsonException or ArgumentException)
        {
            json.WriteNullValue();
        }
    }

    /// <summary>Writes an id as a field.</summary>
    public static void WriteId(Utf8JsonWriter json, JsonEncodedText name, TaskId id)
    {
        Span<byte> text = stackalloc byte[TaskId.TextLength];
        id.WriteText(text);
        json.WriteString(name, text);
    }

    /// <summary>Writes a time as a field; null if there is none.</summary>
    public static void WriteTime(Utf8JsonWriter json, JsonEncodedText name, long? time)
    {
        if (time is not { } milliseconds)
        {
            json.WriteNull(name);
            return;
        }

        Span<byte> text = stackalloc byte[Timestamps.TextLength];
        Timestamps.Write(milliseconds, text);
        json.WriteString(name, text);
    }

    /// <summary>Writes a number or null.</summary>
    public static void WriteNumber(Utf8JsonWriter json, JsonEncodedText name, long? number)
    {
        if (number is { } value)
            json.WriteNumber(name, value);
        else
            json.WriteNull(name);
    }

    private static void WriteText(Utf8JsonWriter json, JsonEncodedText name, ReadOnlySpan<byte> utf8)
    {
        if (Utf8.IsValid(utf8))
            json.WriteString(name, utf8);
        else
            json.WriteString(name, Encoding.UTF8.GetString(utf8));
    }

    /// <summary>The field names, encoded once.</summary>
    private static class Field
    {
        public static readonly JsonEncodedText Id = JsonEncodedText.Encode("id");
        public static readonly JsonEncodedText Name = JsonEncodedText.Encode("name");
        public static readonly JsonEncodedText Queue = JsonEncodedText.Encode("queue");
        public static readonly JsonEncodedText Priority = JsonEncodedText.Encode("priority");
        public static readonly JsonEncodedText State = JsonEncodedText.Encode("state");
        public static readonly JsonEncodedText Attempt = JsonEncodedText.Encode("attempt");
        public static readonly JsonEncodedText Node = JsonEncodedText.Encode("node");
        public static readonly JsonEncodedText CreatedAt = JsonEncodedText.Encode("createdAt");
        public static readonly JsonEncodedText QueuedAt = JsonEncodedText.Encode("queuedAt");
        public static readonly JsonEncodedText StartedAt = JsonEncodedText.Encode("startedAt");
        public static readonly JsonEncodedText EndedAt = JsonEncodedText.Encode("endedAt");
        public static readonly JsonEncodedText CancelRequestedAt = JsonEncodedText.Encode("cancelRequestedAt");
        public static readonly JsonEncodedText ExitCode = JsonEncodedText.Encode("exitCode");
        public static readonly JsonEncodedText Signal = JsonEncodedText.Encode("signal");
        public static readonly JsonEncodedText Reason = JsonEncodedText.Encode("reason");
        public static readonly JsonEncodedText Quarantined = JsonEncodedText.Encode("quarantined");
        public static readonly JsonEncodedText Fingerprint = JsonEncodedText.Encode("fingerprint");
        public static readonly JsonEncodedText Output = JsonEncodedText.Encode("output");
        public static readonly JsonEncodedText StdoutBytes = JsonEncodedText.Encode("stdoutBytes");
        public static readonly JsonEncodedText StderrBytes = JsonEncodedText.Encode("stderrBytes");
        public static readonly JsonEncodedText Truncated = JsonEncodedText.Encode("truncated");
        public static readonly JsonEncodedText Tail = JsonEncodedText.Encode("tail");
        public static readonly JsonEncodedText Labels = JsonEncodedText.Encode("labels");
        public static readonly JsonEncodedText Spec = JsonEncodedText.Encode("spec");
        public static readonly JsonEncodedText MaxRssBytes = JsonEncodedText.Encode("maxRssBytes");
        public static readonly JsonEncodedText Version = JsonEncodedText.Encode("version");
        public static readonly JsonEncodedText Workflow = JsonEncodedText.Encode("workflow");
        public static readonly JsonEncodedText ResultBytes = JsonEncodedText.Encode("resultBytes");
        public static readonly JsonEncodedText ArtifactCount = JsonEncodedText.Encode("artifactCount");
        public static readonly JsonEncodedText ArtifactBytes = JsonEncodedText.Encode("artifactBytes");
        public static readonly JsonEncodedText ArtifactsExpired = JsonEncodedText.Encode("artifactsExpired");
        public static readonly JsonEncodedText Progress = JsonEncodedText.Encode("progress");
        public static readonly JsonEncodedText Percent = JsonEncodedText.Encode("percent");
        public static readonly JsonEncodedText Message = JsonEncodedText.Encode("message");
        public static readonly JsonEncodedText At = JsonEncodedText.Encode("at");
        public static readonly JsonEncodedText EndsAt = JsonEncodedText.Encode("endsAt");
        public static readonly JsonEncodedText SubmittedBy = JsonEncodedText.Encode("submittedBy");
        public static readonly JsonEncodedText Definition = JsonEncodedText.Encode("definition");
        public static readonly JsonEncodedText HadSecrets = JsonEncodedText.Encode("hadSecrets");
        public static readonly JsonEncodedText Item = JsonEncodedText.Encode("item");
        public static readonly JsonEncodedText Command = JsonEncodedText.Encode("command");
        public static readonly JsonEncodedText MaxAttempts = JsonEncodedText.Encode("maxAttempts");
        public static readonly JsonEncodedText Batch = JsonEncodedText.Encode("batch");
        public static readonly JsonEncodedText CpuTime = JsonEncodedText.Encode("cpuTime");
    }
}
