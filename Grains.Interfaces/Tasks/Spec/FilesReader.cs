using System.Text.Json;
using OrleansTasks.Processing.Files;
using OrleansTasks.Processing.Paths;

namespace OrleansTasks.Tasks.Spec;

/// <summary>Reads the fields <c>files</c> and <c>artifacts</c> of a task's spec.</summary>
internal static class FilesReader
{
    private const string Hash = "must be sha256: and 64 hexadecimal digits in lower case";
    private static readonly string[] FileNames = ["path", "file", "task", "node", "artifacts", "url", "sha256", "executable"];
    private static readonly string[] ArtifactNames = ["path", "optional", "on"];

    // In the order of FileNames.
    private enum Field
    {
        Path, File, Task, Node, Artifacts, Url, Sha256, Executable,
    }

    /// <summary>Reads <c>files</c> and adds each fault to the reader's errors.</summary>
    public static ImmutableArray<TaskFile> Read(ref StrictReader reader)
    {
        if (!reader.IsArray("files"))
            return [];
        var files = ImmutableArray.CreateBuilder<TaskFile>();
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        var count = 0;
        for (; reader.Read() && reader.Token != JsonTokenType.EndArray; count++)
        {
            if (count >= TaskFile.Most && reader.Errors.ChecksRules)
            {
                reader.Skip();
                continue;
            }

            if (ReadFile(ref reader, $"files[{count}]") is not { } file)
                continue;
            // Several entries may fill one folder.
            if (!file.IsFolder && !places.TryAdd(file.Path, count))
                reader.Errors.AddRule($"files[{count}].path", $"is also the path of files[{places[file.Path]}]");
            files.Add(file);
        }

        if (count > TaskFile.Most)
            reader.Errors.AddRule("files", $"has {count} items; at most {TaskFile.Most} are allowed");
        if (reader.Errors.ChecksRules)
            CheckFolders(files, places, reader.Errors);
        return files.DrainToImmutable();
    }

    /// <summary>Reads <c>artifacts</c> and adds each fault to the reader's errors.</summary>
    public static ImmutableArray<TaskArtifact> ReadArtifacts(ref StrictReader reader)
    {
        if (!reader.IsArray("artifacts"))
            return [];
        var artifacts = ImmutableArray.CreateBuilder<TaskArtifact>();
        var count = 0;
        for (; reader.Read() && reader.Token != JsonTokenType.EndArray; count++)
        {
            if (count >= TaskArtifact.Most && reader.Errors.ChecksRules)
                reader.Skip();
            else if (ReadArtifact(ref reader, $"artifacts[{count}]") is { } artifact)
                artifacts.Add(artifact);
        }

        if (count > TaskArtifact.Most)
            reader.Errors.AddRule("artifacts", $"has {count} items; at most {TaskArtifact.Most} are allowed");
        return artifacts.DrainToImmutable();
    }

    private static TaskFile? ReadFile(ref StrictReader reader, string path)
    {
        if (!reader.IsObject(path))
            return null;
        var file = new TaskFile { Path = "" };
        var seen = default(SeenFields);
        while (reader.NextField(FileNames, ref seen, path, out var field))
        {
            file = (Field)field switch
            {
                Field.Path => file with { Path = ReadPath(ref reader, $"{path}.path") },
                Field.File => file with { File = ReadName(ref reader, $"{path}.file") },
                Field.Task => file with { Task = ReadTask(ref reader, $"{path}.task") },
                Field.Node => file with { Node = reader.String($"{path}.node") ?? "" },
                Field.Artifacts => file with { Artifacts = ReadPattern(ref reader, $"{path}.artifacts") },
                Field.Url => file with { Url = ReadUrl(ref reader, $"{path}.url") },
                Field.Sha256 => file with { Hash = ReadDigits(ref reader, $"{path}.sha256") },
                _ => file with { IsExecutable = reader.Boolean($"{path}.executable") },
            };
        }

        if (!seen.Has((int)Field.Path))
            reader.Errors.Add($"{path}.path", "is missing; give the path below the working folder");
        return CheckSource(path, seen, reader.Errors) ? CheckPath(path, file, seen, reader.Errors) : null;
    }

    private static bool CheckSource(string path, in SeenFields seen, SpecErrors errors)
    {
        ReadOnlySpan<Field> sources = [Field.File, Field.Task, Field.Node, Field.Url];
        var count = 0;
        foreach (var source in sources)
            count += seen.Has((int)source) ? 1 : 0;
        if (count != 1)
        {
            errors.Add(path, $"names {(count == 0 ? "no source" : $"{count} sources")}; give exactly one of file, task, node and url");
            return false;
        }

        var (fromArtifacts, fromUrl) = (seen.Has((int)Field.Task) || seen.Has((int)Field.Node), seen.Has((int)Field.Url));
        var isComplete = Pair(errors, $"{path}.artifacts", seen.Has((int)Field.Artifacts), fromArtifacts, "task or node");
        return Pair(errors, $"{path}.sha256", seen.Has((int)Field.Sha256), fromUrl, "url") && isComplete;
    }

    // A field that another one needs, and that means nothing without it.
    private static bool Pair(SpecErrors errors, string path, bool isThere, bool isNeeded, string other)
    {
        if (isThere == isNeeded)
            return true;
        errors.Add(path, isNeeded ? $"is missing; {other} needs it" : $"is allowed only with {other}");
        return false;
    }

    private static TaskFile CheckPath(string path, TaskFile file, in SeenFields seen, SpecErrors errors)
    {
        if (file is { IsFolder: true, Artifacts: null } && seen.Has((int)Field.Path))
            errors.AddRule($"{path}.path", "ends with /, but one file has no path of its own to keep; give its path");
        else if (file is { IsFolder: false, Artifacts: { } pattern } && PathPattern.Parse(pattern, out _) is { IsLiteral: false })
            errors.AddRule($"{path}.path", "must end with /, because the pattern may match several files");
        return file;
    }

    // A file cannot also be a folder of another one.
    private static void CheckFolders(ImmutableArray<TaskFile>.Builder files, Dictionary<string, int> places, SpecErrors errors)
    {
        for (var i = 0; i < files.Count; i++)
        {
            for (var end = files[i].Path.IndexOf('/', StringComparison.Ordinal); end > 0; end = files[i].Path.IndexOf('/', end + 1))
            {
                if (!places.TryGetValue(files[i].Path[..end], out var other))
                    continue;
                errors.AddRule($"files[{i}].path", $"lies below the path of files[{other}], which is a file");
                break;
            }
        }
    }

    private static string ReadPath(ref StrictReader reader, string path)
    {
        if (reader.String(path) is not { } text)
            return "";
        var fault = text.EndsWith('/') && text.Length > 1 ? FolderPath.FindFolderFault(text) : FolderPath.FindFault(text);
        if (fault is not null)
            reader.Errors.AddRule(path, fault);
        return text;
    }

    private static FileName? ReadName(ref StrictReader reader, string path)
    {
        if (reader.String(path) is not { } text)
            return null;
        if (FileName.TryParse(text, out var name))
            return name;
        reader.Errors.Add(path, Hash);
        return null;
    }

    // Web pages give hashes as bare digits; the prefix is allowed too.
    private static FileName? ReadDigits(ref StrictReader reader, string path)
    {
        if (reader.String(path) is not { } text)
            return null;
        if (FileName.TryParse(text, out var name) || FileName.TryParse("sha256:" + text, out name))
            return name;
        reader.Errors.Add(path, "must be 64 hexadecimal digits in lower case");
        return null;
    }

    private static TaskId? ReadTask(ref StrictReader reader, string path)
    {
        if (reader.String(path) is not { } text)
            return null;
        if (TaskId.TryParse(text, out var id))
            return id;
        reader.Errors.Add(path, AfterReader.IdForm);
        return null;
    }

    private static string ReadPattern(ref StrictReader reader, string path)
    {
        if (reader.String(path) is not { } text)
            return "";
        if (PathPattern.Parse(text, out var fault) is null)
            reader.Errors.AddRule(path, fault!);
        return text;
    }

    private static string ReadUrl(ref StrictReader reader, string path)
    {
        if (reader.String(path) is not { } text)
            return "";
        if (text.Length > TaskFile.LongestUrl)
            reader.Errors.AddRule(path, $"has {text.Length} characters; at most {TaskFile.LongestUrl} are allowed");
        else if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme != Uri.UriSchemeHttps || url.UserInfo.Length > 0)
            reader.Errors.AddRule(path, "must be an https address without a user");
        return text;
    }

    private static TaskArtifact? ReadArtifact(ref StrictReader reader, string path)
    {
        if (reader.Token == JsonTokenType.String)
            return new TaskArtifact(ReadPattern(ref reader, path));
        if (reader.Token != JsonTokenType.StartObject)
        {
            reader.Skip();
            reader.Errors.Add(path, """must be a pattern, or {"path": pattern, "optional": true or false, "on": "succeeded" or "ended"}""");
            return null;
        }

        var artifact = new TaskArtifact("");
        var seen = default(SeenFields);
        while (reader.NextField(ArtifactNames, ref seen, path, out var field))
        {
            artifact = field switch
            {
                0 => artifact with { Pattern = ReadPattern(ref reader, $"{path}.path") },
                1 => artifact with { IsOptional = reader.Boolean($"{path}.optional") ?? false },
                _ => artifact with { AtAnyEnd = ReadEnd(ref reader, $"{path}.on") },
            };
        }

        if (!seen.Has(0))
            reader.Errors.Add($"{path}.path", "is missing; give a pattern of paths below the working folder");
        return artifact;
    }

    private static bool ReadEnd(ref StrictReader reader, string path)
    {
        if (reader.String(path) is not { } text)
            return false;
        if (text is not ("succeeded" or "ended"))
            reader.Errors.AddRule(path, $"'{StrictReader.Quote(text)}' is not 'succeeded' or 'ended'");
        return text == "ended";
    }
}
