using System.Text.Json;
using OrleansTasks.Processing.Json;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Jobs.Spec;

public static partial class JobSpecReader
{
    private static readonly string[] Sources = ["range", "items", "stream", "command", "file"];
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
                _ => FileSourceReader.Read(ref reader),
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
