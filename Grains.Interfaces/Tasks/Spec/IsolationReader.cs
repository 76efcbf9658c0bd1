using System.Text;
using System.Text.Json;

namespace OrleansTasks.Tasks.Spec;

/// <summary>Reads the field <c>isolation</c> of a task's spec.</summary>
internal static class IsolationReader
{
    private const string Name = "isolation";
    private const string Kinds = "must be none or sandbox";
    private const int LongestPath = 4_095;
    private static readonly string[] Names = ["kind", "network", "read", "write"];

    /// <summary>
    /// Reads the field and adds each fault to the reader's errors. Returns null if it is of the wrong type.
    /// </summary>
    public static TaskIsolation? Read(ref StrictReader reader)
    {
        if (reader.Token == JsonTokenType.String)
            return new TaskIsolation { Kind = ReadKind(ref reader, Name) };
        if (reader.Token != JsonTokenType.StartObject)
        {
            reader.Skip();
            reader.Errors.Add(Name, """must be "none", "sandbox", or an object such as {"kind": "sandbox", "network": "host"}""");
            return null;
        }

        var isolation = new TaskIsolation();
        var seen = default(SeenFields);
        while (reader.NextField(Names, ref seen, Name, out var field))
        {
            // In the order of Names.
            isolation = field switch
            {
                0 => isolation with { Kind = ReadKind(ref reader, "isolation.kind") },
                1 => isolation with { UsesHostNetwork = ReadNetwork(ref reader) },
                2 => isolation with { Read = ReadPaths(ref reader, "isolation.read") },
                _ => isolation with { Write = ReadPaths(ref reader, "isolation.write") },
            };
        }

        if (!seen.Has(0))
            reader.Errors.Add("isolation.kind", "is missing; " + Kinds);
        if (isolation.Kind != Isolation.None || !seen.Has(0) || !reader.Errors.IsEmpty)
            return isolation;
        for (var i = 1; i < Names.Length; i++)
        {
            if (seen.Has(i))
                reader.Errors.AddRule($"isolation.{Names[i]}", "is only for the kind sandbox");
        }

        return isolation;
    }

    private static Isolation ReadKind(ref StrictReader reader, string path)
    {
        if (reader.String(path) is not { } text)
            return Isolation.None;
        if (text == "sandbox")
            return Isolation.Sandbox;
        // Never only a rule: what is not understood must not run without walls.
        if (text != "none")
            reader.Errors.Add(path, Kinds);
        return Isolation.None;
    }

    private static bool ReadNetwork(ref StrictReader reader)
    {
        if (reader.String("isolation.network") is not { } text)
            return false;
        if (text is not ("none" or "host"))
            reader.Errors.Add("isolation.network", text == "allow"
                ? "cannot be allow yet; must be none or host"
                : "must be none or host");
        return text == "host";
    }

    private static ImmutableArray<string> ReadPaths(ref StrictReader reader, string path)
    {
        if (!reader.IsArray(path))
            return [];
        var paths = ImmutableArray.CreateBuilder<string>();
        var count = 0;
        for (; reader.Read() && reader.Token != JsonTokenType.EndArray; count++)
        {
            if (reader.String($"{path}[{count}]") is not { } text)
                continue;
            if (text is not ['/', ..] || text.Contains('\0') || Encoding.UTF8.GetByteCount(text) > LongestPath
                || text.Split('/').Any(static part => part is "." or ".."))
            {
                reader.Errors.AddRule($"{path}[{count}]",
                    $"must be an absolute path of at most {LongestPath} bytes, without NUL and without the segments . and ..");
            }

            if (count < TaskIsolation.MostPaths)
                paths.Add(text);
        }

        if (count > TaskIsolation.MostPaths)
            reader.Errors.AddRule(path, $"has {count} items; at most {TaskIsolation.MostPaths} are allowed");
        return paths.DrainToImmutable();
    }
}
