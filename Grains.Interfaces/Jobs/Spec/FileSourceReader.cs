using System.Text;
using System.Text.Json;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Processing.Files;
using OrleansTasks.Processing.Paths;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Jobs.Spec;

/// <summary>
/// Reads <c>source.file</c> of a job's spec: a path of the silo's machine, one entry (a stored file, or the artifacts
/// of a task), or a list of entries.
/// </summary>
internal static class FileSourceReader
{
    private const string Name = "source.file";
    private const int LongestPath = 4_095;
    private const string OneSource = "give exactly one of path, file, task with artifact, and files";

    private static readonly string[] Names = ["path", "format", "file", "task", "artifact", "files"];
    private static readonly string[] EntryNames = ["file", "task", "artifact"];

    // In the order of the file formats in ItemFormat.
    private static readonly string[] Formats = ["lines", "ndjson", "csv"];

    /// <summary>
    /// Reads the field and adds each fault to the reader's errors. Returns null if it is not an object.
    /// </summary>
    public static JobSource? Read(ref StrictReader reader)
    {
        if (!reader.IsObject(Name))
            return null;
        var (path, format, entry) = ("", 0, new Entry());
        var files = ImmutableArray<JobSourceFile>.Empty;
        var seen = default(SeenFields);
        while (reader.NextField(Names, ref seen, Name, out var field))
        {
            switch (field)
            {
                case 0:
                    path = ReadPath(ref reader);
                    break;
                case 1:
                    format = reader.Word($"{Name}.format", Formats);
                    break;
                case 5:
                    files = ReadFiles(ref reader);
                    break;
                default:
                    entry.Read(ref reader, field - 2, $"{Name}.{EntryNames[field - 2]}");
                    break;
            }
        }

        var count = (seen.Has(0) ? 1 : 0) + (seen.Has(5) ? 1 : 0) + (entry.IsGiven ? 1 : 0);
        if (count == 0)
            reader.Errors.Add($"{Name}.path", $"is missing; {OneSource}");
        else if (count > 1)
            reader.Errors.Add(Name, $"names {count} sources; {OneSource}");
        else if (entry.IsGiven)
            files = entry.ToFile(Name, reader.Errors) is { } only ? [only] : [];
        return new JobSource(JobSourceKind.File, 0, 0, default, null)
        {
            Path = path, Files = files, Format = ItemFormat.FileLines + (byte)format,
        };
    }

    private static string ReadPath(ref StrictReader reader)
    {
        var path = reader.String($"{Name}.path") ?? "";
        if (reader.Token == JsonTokenType.String
            && (path is not ['/', ..] || path.Contains('\0') || Encoding.UTF8.GetByteCount(path) > LongestPath))
            reader.Errors.AddRule($"{Name}.path", $"must be an absolute path of at most {LongestPath} bytes without NUL");
        return path;
    }

    private static ImmutableArray<JobSourceFile> ReadFiles(ref StrictReader reader)
    {
        const string list = $"{Name}.files";
        if (!reader.IsArray(list))
            return [];
        var files = ImmutableArray.CreateBuilder<JobSourceFile>();
        var count = 0;
        for (; reader.Read() && reader.Token != JsonTokenType.EndArray; count++)
        {
            if (count >= ServiceLimits.JobSourceEntries)
                reader.Skip();
            else if (ReadEntry(ref reader, $"{list}[{count}]") is { } file)
                files.Add(file);
        }

        if (count is 0 or > ServiceLimits.JobSourceEntries)
            reader.Errors.Add(list, $"has {count} items; 1 to {ServiceLimits.JobSourceEntries} are allowed");
        return files.DrainToImmutable();
    }

    // An entry of the list is an object, or the name of a stored file.
    private static JobSourceFile? ReadEntry(ref StrictReader reader, string path)
    {
        var entry = new Entry();
        if (reader.Token == JsonTokenType.String)
            entry.Read(ref reader, 0, path);
        else if (reader.IsObject(path))
        {
            var seen = default(SeenFields);
            while (reader.NextField(EntryNames, ref seen, path, out var field))
                entry.Read(ref reader, field, $"{path}.{EntryNames[field]}");
        }
        else
            return null;
        return entry.ToFile(path, reader.Errors);
    }

    /// <summary>An entry that is being read: which fields it has, and the values of those without faults.</summary>
    private sealed class Entry
    {
        private (bool File, bool Task, bool Artifact) given;
        private FileName? file;
        private TaskId? task;
        private string artifact = "";

        public bool IsGiven => given != default;

        /// <summary>Reads one of <see cref="EntryNames"/>.</summary>
        public void Read(ref StrictReader reader, int field, string path)
        {
            given = (given.File || field == 0, given.Task || field == 1, given.Artifact || field == 2);
            if (reader.String(path) is not { } text)
                return;
            if (field == 0)
            {
                if (FileName.TryParse(text, out var name))
                    file = name;
                else
                    reader.Errors.Add(path, "must be sha256: and 64 hexadecimal digits in lower case");
            }
            else if (field == 1)
            {
                if (TaskId.TryParse(text, out var id))
                    task = id;
                else
                    reader.Errors.Add(path, "is not the id of a task");
            }
            else
            {
                if (PathPattern.Parse(text, out var fault) is null)
                    reader.Errors.AddRule(path, fault!);
                artifact = text;
            }
        }

        /// <summary>Returns the entry; null if a field is missing or faulty.</summary>
        public JobSourceFile? ToFile(string path, SpecErrors errors)
        {
            if (given.File == given.Task || given.Task != given.Artifact)
                errors.Add(path, "must name either file, or task and artifact");
            return file is not null || (task is not null && artifact.Length > 0)
                ? new JobSourceFile(file, task, artifact)
                : null;
        }
    }
}
