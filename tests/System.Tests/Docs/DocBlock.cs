using System.Text;
using System.Text.RegularExpressions;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Docs;

/// <summary>A fenced block of a page.</summary>
/// <param name="Page">The page's path in the repository.</param>
/// <param name="Line">The number of the line with the opening fence.</param>
/// <param name="Label">What the opening fence says after its backticks; empty if it says nothing.</param>
/// <param name="Text">The lines between the fences, without the fence's indentation.</param>
/// <param name="Notes">What the comments above it tell tests, by the words before their colon: CONTRIBUTING.md lists them.</param>
internal sealed partial record DocBlock(string Page, int Line, string Label, string Text, IReadOnlyDictionary<string, string> Notes)
{
    private const string Fence = "```";

    /// <summary>Why tests do not run the block; null if they do.</summary>
    public string? NotRun => Notes.GetValueOrDefault("not run");

    /// <summary>Commands that create what the block assumes.</summary>
    public string RunFirst => Notes.TryGetValue("run first", out var commands) ? commands + "\n" : "";

    /// <summary>Why tests do not compile the block; null if they do.</summary>
    public string? NotCompiled => Notes.GetValueOrDefault("not compiled");

    /// <summary>Code that declares what the block uses.</summary>
    public string CompiledWith => Notes.GetValueOrDefault("compiled with", "");

    /// <summary>The file of the repository that has the block's lines; null if none has.</summary>
    public string? PartOf => Notes.GetValueOrDefault("part of");

    /// <summary>Whether the block has commands for a shell.</summary>
    public bool IsShell => Label is "sh" or "sh start" or "console";

    /// <summary>The block's place, for messages.</summary>
    public string Place => $"{Page}:{Line}";

    /// <summary>The commands: those after each <c>$</c> of a <c>console</c> block, all lines of another one.</summary>
    public string Script => Label == "console"
        ? string.Join('\n', Text.Split('\n').Where(static line => line.StartsWith("$ ", StringComparison.Ordinal)).Select(static line => line[2..]))
        : Text;

    /// <summary>The pages whose commands are checked, as paths in the repository.</summary>
    public static IEnumerable<string> Pages()
    {
        string[] atTheTop = ["README.md", "CONTRIBUTING.md", "SECURITY.md"];
        return atTheTop.Concat(from folder in (string[])["docs", "samples", "deploy", "lab"]
                               from file in Directory.GetFiles(Path.Combine(BuiltPrograms.Repository, folder), "*.md", SearchOption.AllDirectories)
                               orderby file
                               select Path.GetRelativePath(BuiltPrograms.Repository, file));
    }

    /// <summary>The pages with code: those above, and those of the packages that others install.</summary>
    public static IEnumerable<string> PagesWithCode() =>
        Pages().Concat(from file in Directory.GetFiles(Path.Combine(BuiltPrograms.Repository, "sdk"), "README.md", SearchOption.AllDirectories)
                       where !file.Contains("/node_modules/", StringComparison.Ordinal)
                       orderby file
                       select Path.GetRelativePath(BuiltPrograms.Repository, file));

    /// <summary>The blocks of a page, and the faults of its markup: a command outside of a fence, a comment above no fence.</summary>
    public static (List<DocBlock> Blocks, List<string> Faults) Read(string page)
    {
        var (blocks, faults) = (new List<DocBlock>(), new List<string>());
        var lines = File.ReadAllLines(Path.Combine(BuiltPrograms.Repository, page));
        var notes = new Dictionary<string, string>();
        for (var at = 0; at < lines.Length; at++)
        {
            var line = lines[at].TrimStart();
            var indentation = lines[at].Length - line.Length;
            if (line.StartsWith("<!--", StringComparison.Ordinal))
            {
                var comment = new StringBuilder(line);
                while (!comment.ToString().Contains("-->", StringComparison.Ordinal))
                    comment.Append('\n').Append(lines[++at].Trim());
                if (Directive().Match(comment.ToString()) is not { Success: true } directive)
                    continue;
                notes[directive.Groups[1].Value] = directive.Groups[2].Value;
            }
            else if (line.StartsWith(Fence, StringComparison.Ordinal))
            {
                var (opening, text) = (at, new List<string>());
                while (lines[++at].Trim() != Fence)
                    text.Add(lines[at].Length > indentation ? lines[at][indentation..] : lines[at].TrimStart());
                blocks.Add(new DocBlock(page, opening + 1, line[Fence.Length..], string.Join('\n', text), notes));
                notes = [];
            }
            else if (line.Length > 0)
            {
                if (notes.Count > 0)
                    faults.Add($"{page}:{at + 1}: the comment above belongs to no block.");
                if (IndentedCommand().IsMatch(lines[at]))
                    faults.Add($"{page}:{at + 1}: put commands between fences.");
                notes = [];
            }
        }

        return (blocks, faults);
    }

    /// <summary>The commands of <c>otask</c> and <c>make</c> that a page's prose names, each with its place.</summary>
    public static IEnumerable<(string Place, string Command)> Spans(string page)
    {
        var isProse = true;
        foreach (var (at, line) in File.ReadLines(Path.Combine(BuiltPrograms.Repository, page)).Index())
        {
            if (line.TrimStart().StartsWith(Fence, StringComparison.Ordinal))
                isProse = !isProse;
            else if (isProse)
            {
                foreach (Match span in Span().Matches(line))
                    yield return ($"{page}:{at + 1}", span.Groups[1].Value.Replace("\\|", "|", StringComparison.Ordinal));
            }
        }
    }

    // What stands for something else, such as …, cannot be checked.
    [GeneratedRegex("`((?:otask|make) [^`…]+)`")]
    private static partial Regex Span();

    [GeneratedRegex(@"^<!-- (not run|run first|not compiled|compiled with|part of):\s+(.+?) -->", RegexOptions.Singleline)]
    private static partial Regex Directive();

    [GeneratedRegex(@"^ {4,}(\$|otask|bin/otask|make|curl|dotnet) ")]
    private static partial Regex IndentedCommand();
}
