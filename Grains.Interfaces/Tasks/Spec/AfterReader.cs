using System.Text.Json;

namespace OrleansTasks.Tasks.Spec;

/// <summary>Reads the field <c>after</c> of a task's spec: task ids, or objects with an id and a condition.</summary>
internal static class AfterReader
{
    /// <summary>What the id of a task must be.</summary>
    internal const string IdForm = "must be the id of a task: 36 lowercase characters";
    private static readonly string[] Names = ["task", "on"];

    /// <summary>Reads the value at which the reader is positioned and adds each fault to the reader's errors.</summary>
    public static ImmutableArray<TaskDependency> Read(ref StrictReader reader)
    {
        if (!reader.IsArray("after"))
            return [];
        var after = ImmutableArray.CreateBuilder<TaskDependency>();
        var places = new Dictionary<TaskId, int>();
        var count = 0;
        for (; reader.Read() && reader.Token != JsonTokenType.EndArray; count++)
        {
            if (count >= TaskDependency.Most && reader.Errors.ChecksRules)
            {
                reader.Skip();
                continue;
            }

            var path = $"after[{count}]";
            if (ReadOne(ref reader, path) is not { } one)
                continue;
            if (!places.TryAdd(one.Task, count))
                reader.Errors.AddRule(path, $"names the same task as after[{places[one.Task]}]; name each task once");
            after.Add(one);
        }

        if (count > TaskDependency.Most)
            reader.Errors.AddRule("after", $"has {count} items; at most {TaskDependency.Most} are allowed");
        return after.DrainToImmutable();
    }

    private static TaskDependency? ReadOne(ref StrictReader reader, string path)
    {
        if (reader.Token == JsonTokenType.String)
            return ReadId(ref reader, path) is { } id ? new TaskDependency(id, EndCondition.Succeeded) : null;
        if (reader.Token != JsonTokenType.StartObject)
        {
            reader.Skip();
            reader.Errors.Add(path, """must be the id of a task, or {"task": id, "on": "succeeded", "failed" or "ended"}""");
            return null;
        }

        TaskId? task = null;
        var on = EndCondition.Succeeded;
        var seen = default(SeenFields);
        while (reader.NextField(Names, ref seen, path, out var field))
        {
            if (field == 0)
                task = ReadId(ref reader, $"{path}.task");
            else
                on = ReadCondition(ref reader, $"{path}.on");
        }

        if (!seen.Has(0))
            reader.Errors.Add($"{path}.task", "is missing; give the id of a task");
        return task is { } known ? new TaskDependency(known, on) : null;
    }

    private static TaskId? ReadId(ref StrictReader reader, string path)
    {
        if (reader.String(path) is not { } text)
            return null;
        if (TaskId.TryParse(text, out var id))
            return id;
        reader.Errors.Add(path, IdForm);
        return null;
    }

    private static EndCondition ReadCondition(ref StrictReader reader, string path)
    {
        if (reader.String(path) is not { } text)
            return EndCondition.Succeeded;
        if (!EndConditions.TryParse(text, out var condition))
            reader.Errors.Add(path, $"must be one of {string.Join(", ", EndConditions.AllNames)}");
        return condition;
    }
}
