using System.Text;
using System.Text.Json;
using OrleansTasks.Processing.Text;

namespace OrleansTasks.Tasks.Spec;

/// <summary>Reads the field <c>isolation</c> of a task's spec.</summary>
internal static class IsolationReader
{
    private const string Name = "isolation";
    private const string Kinds = "must be none, sandbox or container";
    private const int LongestPath = 4_095;
    private const string NeedsImage = "is missing: a container needs one; give an object such as "
        + """{"kind": "container", "image": "docker.io/library/python:3.13"}""";

    private const string NeedsHosts = "is missing: the network allow needs the hosts that the command may reach, "
        + """such as ["example.org:443"]""";

    // The first two are for both kinds, the next three for sandboxes, the rest for containers.
    private static readonly string[] Names =
        ["kind", "network", "allow", "read", "write", "image", "pull", "user", "mounts", "entrypoint"];

    // In the order of the enumeration.
    private static readonly string[] KindNames = ["none", "sandbox", "container"];
    private static readonly string[] MountNames = ["from", "to", "readOnly"];
    private const int Allow = 2;
    private const int FirstOfContainers = 5;

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
        var network = "none";
        var seen = default(SeenFields);
        while (reader.NextField(Names, ref seen, Name, out var field))
        {
            // In the order of Names.
            isolation = field switch
            {
                0 => isolation with { Kind = ReadKind(ref reader, "isolation.kind") },
                1 => isolation with { UsesHostNetwork = (network = ReadNetwork(ref reader)) == "host" },
                Allow => isolation with { Allow = ReadHosts(ref reader) },
                3 => isolation with { Read = ReadPaths(ref reader, "isolation.read") },
                4 => isolation with { Write = ReadPaths(ref reader, "isolation.write") },
                5 => isolation with { Image = ReadImage(ref reader) },
                6 => isolation with { Pull = ReadPull(ref reader) },
                7 => isolation with { User = ReadUser(ref reader) },
                8 => isolation with { Mounts = ReadMounts(ref reader) },
                _ => isolation with { KeepsEntrypoint = reader.Boolean("isolation.entrypoint") ?? false },
            };
        }

        if (!seen.Has(0))
            reader.Errors.Add("isolation.kind", "is missing; " + Kinds);
        if (isolation.Kind == IsolationKind.Container && !seen.Has(FirstOfContainers))
            reader.Errors.Add("isolation.image", NeedsImage);
        if (seen.Has(0) && reader.Errors.IsEmpty)
            RefuseOfOtherKinds(isolation.Kind, ref seen, reader.Errors);
        if (reader.Errors.IsEmpty)
            CheckNetwork(isolation, network, seen.Has(Allow), reader.Errors);
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

    private static void CheckNetwork(TaskIsolation isolation, string network, bool hasList, SpecErrors errors)
    {
        if (network == "allow" && isolation.Kind == IsolationKind.Container)
            errors.Add("isolation.network", "must be none or host for a container; only a sandbox can have allow");
        else if (network == "allow" && isolation.Allow.IsEmpty)
        {
            errors.Add(
                "isolation.allow", hasList ? "has no hosts; give at least one, or the network none" : NeedsHosts);
        }
        else if (network != "allow" && hasList)
            errors.Add("isolation.allow", "is only for the network allow");
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

    private static string ReadNetwork(ref StrictReader reader)
    {
        if (reader.String("isolation.network") is not { } text)
            return "none";
        if (text is not ("none" or "host" or "allow"))
            reader.Errors.Add("isolation.network", "must be none, host or allow");
        return text;
    }

    private static ImmutableArray<string> ReadHosts(ref StrictReader reader)
    {
        const string Path = "isolation.allow";
        if (!reader.IsArray(Path))
            return [];
        var hosts = ImmutableArray.CreateBuilder<string>();
        var count = 0;
        for (; reader.Read() && reader.Token != JsonTokenType.EndArray; count++)
        {
            if (reader.String($"{Path}[{count}]") is not { } text)
                continue;
            // Never only a rule: a list that is not understood must not be passed to a worker.
            if (HostPort.Parse(text) is not { } host)
            {
                reader.Errors.Add($"{Path}[{count}]",
                    "must be HOST:PORT, such as example.org:443, 10.0.0.7:5432 or [2001:db8::1]:80; write names of "
                        + "other alphabets in their form that begins with xn--");
            }
            else if (count < TaskIsolation.MostPaths)
                hosts.Add(host.ToString());
        }

        if (count > TaskIsolation.MostPaths)
            reader.Errors.AddRule(Path, $"has {count} items; at most {TaskIsolation.MostPaths} are allowed");
        return hosts.DrainToImmutable();
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
