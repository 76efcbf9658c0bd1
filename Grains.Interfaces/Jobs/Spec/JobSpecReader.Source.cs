using System.Text;
using System.Text.Json;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Processing.Files;
using OrleansTasks.Processing.Json;
using OrleansTasks.Processing.Paths;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Jobs.Spec;

public static partial class JobSpecReader
{
    private const int LongestPath = 4_095;
    private static readonly string[] Sources = ["range", "items", "stream", "command", "file"];
    private const int MostFiles = 1_000;
    private const string OneSource = "give exactly one of path, file, task with artifact, and files";
    private static readonly string[] FileNames = ["path", "format", "file", "task", "artifact", "files"];
    private static readonly string[] PartNames = ["file", "task", "artifact"];
    // In the order of the file formats in ItemFormat.
    private static readonly string[] FileFormats = ["lines", "ndjson", "csv"];
    private static readonly string[] RangeNames = ["from", "to"];

    private static JobSource? ReadSource(ref StrictReader reader, ReadOnlySpan<byte> utf8)
    {
        if (!reader.IsObject("source"))
            return null;
        JobSource? source = null;
        var (seen, count) = (default(SeenFields), 0);
        while (reader.NextField(Sources, ref seen, "source", out var field))
        {
            count++;
            source = field switch
            {
                0 => ReadRange(ref reader),
                1 => ReadItems(ref reader, utf8),
                2 => ReadStream(ref reader),
                3 => ReadSourceCommand(ref reader),
                _ => ReadFile(ref reader),
            };
        }

        if (count != 1 && reader.Errors.IsEmpty)
            reader.Errors.Add("source", $"must name exactly one source: {string.Join(", ", Sources)}");
        return source;
    }

    private static JobSource ReadSourceCommand(ref StrictReader reader)
    {
        var command = TaskSpecReader.ReadCommand(ref reader, "source.command", out var isReplayable).Arguments;
        return new JobSource(JobSourceKind.Command, 0, 0, default, null) { Command = command, IsReplayable = isReplayable };
    }

    private static JobSource? ReadRange(ref StrictReader reader)
    {
        if (!reader.IsObject("source.range"))
            return null;
        long? from = null, to = null;
        var seen = default(SeenFields);
        while (reader.NextField(RangeNames, ref seen, "source.range", out var field))
        {
            var path = field == 0 ? "source.range.from" : "source.range.to";
            var value = reader.Integer(path, long.MinValue, long.MaxValue);
            (from, to) = field == 0 ? (value, to) : (from, value);
        }

        foreach (var needed in (int[])[0, 1])
        {
            if (!seen.Has(needed))
                reader.Errors.Add($"source.range.{RangeNames[needed]}", "is missing");
        }

        if (from > to)
            reader.Errors.Add("source.range.to", "must not be less than from");
        else if (to - (Int128?)from > long.MaxValue)
            reader.Errors.Add("source.range", $"has more than {long.MaxValue} items");
        else if (from is { } first && to is { } end)
            return new JobSource(JobSourceKind.Range, first, end, default, end - first);
        return null;
    }

    private static JobSource? ReadStream(ref StrictReader reader)
    {
        if (!reader.IsObject("source.stream"))
            return null;
        var seen = default(SeenFields);
        while (reader.NextEntry(ref seen, out var name))
        {
            reader.Errors.AddRule($"source.stream.{StrictReader.Quote(name)}", "unknown field; a stream has no fields");
            reader.Skip();
        }

        return new JobSource(JobSourceKind.Stream, 0, 0, default, null);
    }

    private static JobSource? ReadFile(ref StrictReader reader)
    {
        if (!reader.IsObject("source.file"))
            return null;
        var (path, format) = ("", 0);
        var (one, files) = (new JobSourceFile(null, null, ""), ImmutableArray<JobSourceFile>.Empty);
        var seen = default(SeenFields);
        while (reader.NextField(FileNames, ref seen, "source.file", out var field))
        {
            switch (field)
            {
                case 0:
                    path = ReadPath(ref reader);
                    break;
                case 1:
                    format = ReadWord(ref reader, "source.file.format", FileFormats);
                    break;
                case 5:
                    files = ReadFiles(ref reader);
                    break;
                default:
                    one = ReadPart(ref reader, "source.file", field - 2, one);
                    break;
            }
        }

        var isOne = seen.Has(2) || seen.Has(3) || seen.Has(4);
        var count = (seen.Has(0) ? 1 : 0) + (seen.Has(5) ? 1 : 0) + (isOne ? 1 : 0);
        if (count == 0)
            reader.Errors.Add("source.file.path", $"is missing; {OneSource}");
        else if (count > 1)
            reader.Errors.Add("source.file", $"names {count} sources; {OneSource}");
        else if (isOne)
            files = CheckPart(reader.Errors, "source.file", one, seen.Has(2), seen.Has(3), seen.Has(4)) ? [one] : [];
        return new JobSource(JobSourceKind.File, 0, 0, default, null)
        {
            Path = path, Files = files, Format = ItemFormat.FileLines + (byte)format,
        };
    }

    private static ImmutableArray<JobSourceFile> ReadFiles(ref StrictReader reader)
    {
        if (!reader.IsArray("source.file.files"))
            return [];
        var files = ImmutableArray.CreateBuilder<JobSourceFile>();
        var count = 0;
        for (; reader.Read() && reader.Token != JsonTokenType.EndArray; count++)
        {
            var path = $"source.file.files[{count}]";
            var part = new JobSourceFile(null, null, "");
            if (count >= MostFiles)
                reader.Skip();
            else if (reader.Token == JsonTokenType.String)
                files.Add(ReadPart(ref reader, path, 0, part));
            else if (reader.IsObject(path))
            {
                var seen = default(SeenFields);
                while (reader.NextField(PartNames, ref seen, path, out var field))
                    part = ReadPart(ref reader, path, field, part);
                if (CheckPart(reader.Errors, path, part, seen.Has(0), seen.Has(1), seen.Has(2)))
                    files.Add(part);
            }
        }

        if (count is 0 or > MostFiles)
            reader.Errors.Add("source.file.files", $"has {count} items; 1 to {MostFiles} are allowed");
        return files.DrainToImmutable();
    }

    // Reads one of PartNames.
    private static JobSourceFile ReadPart(ref StrictReader reader, string path, int field, JobSourceFile part)
    {
        var place = reader.Token == JsonTokenType.String && path.EndsWith(']') && field == 0 ? path : $"{path}.{PartNames[field]}";
        if (reader.String(place) is not { } text)
            return part;
        switch (field)
        {
            case 0:
                if (FileName.TryParse(text, out var name))
                    return part with { File = name };
                reader.Errors.Add(place, "must be sha256: and 64 hexadecimal digits in lower case");
                return part;
            case 1:
                if (TaskId.TryParse(text, out var id))
                    return part with { Task = id };
                reader.Errors.Add(place, "is not the id of a task");
                return part;
            default:
                if (PathPattern.Parse(text, out var fault) is null)
                    reader.Errors.AddRule(place, fault!);
                return part with { Artifact = text };
        }
    }

    private static bool CheckPart(SpecErrors errors, string path, JobSourceFile part, bool hasFile, bool hasTask, bool hasArtifact)
    {
        if (hasFile == hasTask || hasTask != hasArtifact)
            errors.Add(path, "must name either file, or task and artifact");
        return part.File is not null || (part.Task is not null && part.Artifact.Length > 0);
    }

    private static string ReadPath(ref StrictReader reader)
    {
        var path = reader.String("source.file.path") ?? "";
        if (reader.Token == JsonTokenType.String && (path is not ['/', ..] || path.Contains('\0') || Encoding.UTF8.GetByteCount(path) > LongestPath))
            reader.Errors.AddRule("source.file.path", $"must be an absolute path of at most {LongestPath} bytes without NUL");
        return path;
    }

    private static JobSource? ReadItems(ref StrictReader reader, ReadOnlySpan<byte> utf8)
    {
        if (!reader.IsArray("source.items"))
            return null;
        var lines = new byte[utf8.Length + 1];
        var (used, count) = (0, 0L);
        while (reader.Read() && reader.Token != JsonTokenType.EndArray)
        {
            var start = reader.Start;
            reader.Skip();
            used += RawJson.Minify(utf8[start..reader.End], lines.AsSpan(used));
            lines[used++] = (byte)'\n';
            count++;
        }

        return new JobSource(JobSourceKind.Items, 0, 0, lines.AsMemory(0, used).ToArray(), count);
    }
}
