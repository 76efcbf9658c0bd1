using System.Text;
using System.Text.Json;

namespace OrleansTasks.Tasks.Spec;

/// <summary>Reads the field <c>isolation</c> of a task's spec.</summary>
internal static class IsolationReader
{
    private const string Name = "isolation";
    private const string Kinds = "must be none, sandbox or container";
    private const int LongestPath = 4_095;
    private const string NeedsImage = "is missing: a container needs one; give an object such as "
        + """{"kind": "container", "image": "docker.io/library/python:3.13"}""";

    // The first two are for both kinds, the next two for sandboxes, the rest for containers.
    private static readonly string[] Names =
        ["kind", "network", "read", "write", "image", "pull", "user", "mounts", "entrypoint"];

    // In the order of the enumeration.
    private static readonly string[] KindNames = ["none", "sandbox", "container"];
    private static readonly string[] MountNames = ["from", "to", "readOnly"];
    private const int FirstOfContainers = 4;

    /// <summary>
    /// Reads the field and adds each fault to the reader's errors. Returns null if it is of the wrong type.
    /// </summary>
    public static TaskIsolation? Read(ref StrictReader reader)
    {
        if (reader.Token == JsonTokenType.String)
        {
            var kind = ReadKind(ref reader, Name);
            // Never only a rule, as below.
            if (kind == IsolationKind.Container)
                reader.Errors.Add("isolation.image", NeedsImage);
            return new TaskIsolation { Kind = kind };
        }

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
                3 => isolation with { Write = ReadPaths(ref reader, "isolation.write") },
                4 => isolation with { Image = ReadImage(ref reader) },
                5 => isolation with { Pull = ReadPull(ref reader) },
                6 => isolation with { User = ReadUser(ref reader) },
                7 => isolation with { Mounts = ReadMounts(ref reader) },
                _ => isolation with { KeepsEntrypoint = reader.Boolean("isolation.entrypoint") ?? false },
            };
        }

        if (!seen.Has(0))
            reader.Errors.Add("isolation.kind", "is missing; " + Kinds);
        if (isolation.Kind == IsolationKind.Container && !seen.Has(FirstOfContainers))
            reader.Errors.Add("isolation.image", NeedsImage);
        if (seen.Has(0) && reader.Errors.IsEmpty)
            RefuseOfOtherKinds(isolation.Kind, ref seen, reader.Errors);
        return isolation;
    }

    private static void RefuseOfOtherKinds(IsolationKind kind, ref SeenFields seen, SpecErrors errors)
    {
        for (var i = 1; i < Names.Length; i++)
        {
            var isOfKind = i == 1 ? kind != IsolationKind.None
                : kind == (i < FirstOfContainers ? IsolationKind.Sandbox : IsolationKind.Container);
            if (seen.Has(i) && !isOfKind)
            {
                errors.AddRule($"isolation.{Names[i]}", i == 1 ? "is only for the kinds sandbox and container"
                    : i < FirstOfContainers ? "is only for the kind sandbox" : "is only for the kind container");
            }
        }
    }

    private static IsolationKind ReadKind(ref StrictReader reader, string path)
    {
        if (reader.String(path) is not { } text)
            return IsolationKind.None;
        var kind = Array.IndexOf(KindNames, text);
        // Never only a rule: a task whose isolation is not understood must not run without walls.
        if (kind < 0)
            reader.Errors.Add(path, Kinds);
        return (IsolationKind)Math.Max(kind, 0);
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

    private static string ReadImage(ref StrictReader reader)
    {
        if (reader.String("isolation.image") is not { } text)
            return "";
        if (!ImageName.IsValid(text))
        {
            reader.Errors.Add(
                "isolation.image",
                "must be the name of an image, such as docker.io/library/python:3.13, with a tag or a digest or "
                    + "neither");
        }

        return text;
    }

    private static ImagePull ReadPull(ref StrictReader reader)
    {
        switch (reader.String("isolation.pull"))
        {
            case "always":
                return ImagePull.Always;
            case "never":
                return ImagePull.Never;
            case null or "missing":
                break;
            default:
                reader.Errors.AddRule("isolation.pull", "must be missing, always or never");
                break;
        }

        return ImagePull.Missing;
    }

    private static string? ReadUser(ref StrictReader reader)
    {
        if (reader.String("isolation.user") is not { } text)
            return null;
        if (!ImageName.IsUser(text))
        {
            reader.Errors.Add(
                "isolation.user",
                "must be a user's name or number, or that and a group's with a colon between them, such as 1000:1000");
        }

        return text;
    }

    private static ImmutableArray<ContainerMount> ReadMounts(ref StrictReader reader)
    {
        const string Path = "isolation.mounts";
        if (!reader.IsArray(Path))
            return [];
        var mounts = ImmutableArray.CreateBuilder<ContainerMount>();
        var count = 0;
        for (; reader.Read() && reader.Token != JsonTokenType.EndArray; count++)
        {
            if (ReadMount(ref reader, $"{Path}[{count}]") is { } mount && count < TaskIsolation.MostPaths)
                mounts.Add(mount);
        }

        if (count > TaskIsolation.MostPaths)
            reader.Errors.AddRule(Path, $"has {count} items; at most {TaskIsolation.MostPaths} are allowed");
        return mounts.DrainToImmutable();
    }

    private static ContainerMount? ReadMount(ref StrictReader reader, string path)
    {
        if (!reader.IsObject(path))
            return null;
        string? from = null, to = null;
        var isReadOnly = false;
        var seen = default(SeenFields);
        while (reader.NextField(MountNames, ref seen, path, out var field))
        {
            if (field == 0)
                from = ReadMountPath(ref reader, $"{path}.from");
            else if (field == 1)
                to = ReadMountPath(ref reader, $"{path}.to");
            else
                isReadOnly = reader.Boolean($"{path}.readOnly") ?? false;
        }

        if (!seen.Has(0))
            reader.Errors.Add($"{path}.from", "is missing; give the path of a folder or file of the machine");
        to ??= seen.Has(1) ? null : from;
        if (to is not null && IsOfEngine(to))
        {
            reader.Errors.Add(
                seen.Has(1) ? $"{path}.to" : $"{path}.from",
                "cannot be / or a path in /dev, /proc or /sys of the container");
        }

        return from is null || to is null ? null : new ContainerMount(from, to, isReadOnly);
    }

    /// <summary>Reads a path that the engine's options can hold, whose parts are separated by commas.</summary>
    private static string? ReadMountPath(ref StrictReader reader, string path)
    {
        if (reader.String(path) is not { } text)
            return null;
        if (IsPath(text) && !text.AsSpan().ContainsAny(",:\"\\") && !text.Any(char.IsControl))
            return text;
        reader.Errors.Add(
            path, $"must be an absolute path of at most {LongestPath} bytes, without the segments . and .., "
                + "and without commas, colons, quotes, backslashes and control characters");
        return null;
    }

    private static bool IsOfEngine(string path)
    {
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        return parts.Length == 0 || parts[0] is "dev" or "proc" or "sys";
    }

    private static bool IsPath(string text) =>
        text is ['/', ..] && !text.Contains('\0') && Encoding.UTF8.GetByteCount(text) <= LongestPath
            && !text.Split('/').Any(static part => part is "." or "..");

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
            if (!IsPath(text))
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
