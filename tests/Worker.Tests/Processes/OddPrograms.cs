using System.Runtime.Versioning;
using System.Text;
using OrleansTasks.Worker.Processes;

namespace OrleansTasks.Worker.Tests.Processes;

/// <summary>Programs that the kernel starts or refuses for every reason, and variables that shells treat in a special way.</summary>
[SupportedOSPlatform("linux")]
internal static class OddPrograms
{
    private const UnixFileMode Runs = (UnixFileMode)0x1ED; // 0755

    private static readonly Dictionary<string, string> Texts = new()
    {
        ["text"] = "echo ran \"$@\"\n",
        ["empty"] = "",
        ["script"] = "#!/bin/sh\necho ran \"$@\"\n",
        ["script with an argument"] = "#! \t/bin/sh -e \t\necho ran \"$@\"\n",
        ["script without a line end"] = "#!/bin/sh",
        ["equals=sign"] = "#!/bin/sh\necho ran \"$@\"\n",
        ["- dash"] = "#!/bin/sh\necho ran \"$@\"\n",
        ["carriage return"] = "#!/bin/sh\r\necho ran\r\n",
        ["missing interpreter"] = "#!/no/interpreter\n",
        ["no interpreter"] = "#!\necho ran\n",
        ["blanks for an interpreter"] = "#! \t \necho ran\n",
        ["only the mark"] = "#!",
        ["mark and a blank"] = "#! ",
        ["long line"] = "#!/" + new string('x', 300) + "\n",
        ["long line that begins with a shell"] = "#!/bin/sh " + new string(' ', 300) + "\necho ran\n",
        ["zero in the line"] = "#!/bin/sh\0x\necho ran\n",
        ["folder as interpreter"] = "#!/usr\n",
        ["data as interpreter"] = "#!/etc/passwd\n",
        ["device as interpreter"] = "#!/dev/null\n",
        ["relative interpreter"] = "#!bin/sh\n",
        ["itself as interpreter"] = "",
    };

    public static TheoryData<string> Names =>
    [
        .. Texts.Keys, "random bytes", "4 interpreters", "5 interpreters", "6 interpreters", "text as interpreter", "program", "other machine",
        "other class", "other order", "other type", "cut off", "no loader", "folder", "closed", "missing", "link to itself", "link to nowhere",
        "device", "name in PATH", "name not in PATH", "too many arguments", "too long an argument", "too large a variable",
    ];

    /// <summary>Variables that a shell sets, reads or drops, or that steer the loader.</summary>
    public static KeyValuePair<string, string>[] Variables =>
    [
        new("PATH", "/usr/bin:/bin"), new("IFS", ","), new("OPTIND", "5"), new("OPTARG", "x"), new("PWD", "/x"), new("OLDPWD", "/y"),
        new("SHLVL", "7"), new("_", "under"), new("BASH_ENV", "/no/file"), new("ENV", "/no/file"), new("SHELLOPTS", "xtrace"),
        new("BASHOPTS", "extglob"), new("PS4", "$(id)"), new("PPID", "1"), new("UID", "5"), new("RANDOM", "4"), new("LINENO", "9"),
        new("BASH_FUNC_ls%%", "() { id; }"), new("a b", "odd"), new("1x", "odd"), new("a.b-c", "odd"), new("LANGUAGE", "xx"), new("TMPDIR", "/a b\nc"),
        new("LD_SOMETHING", "'\"$x ${y} \\ #"), new("POSIXLY_CORRECT", "1"), new("OTASK_LATER_0", "mine"), new("EMPTY", ""), new("ÄÖ", "ü"),
    ];

    /// <summary>Makes a program of a kind and returns a request to start it with one argument.</summary>
    public static StartRequest Make(string folder, string kind)
    {
        var place = Directory.CreateDirectory(Path.Combine(folder, $"odd-{Guid.NewGuid():N}"), Runs).FullName;
        File.SetUnixFileMode(place, Runs);
        var path = Path.Combine(place, kind);
        var request = HostFixture.Shell("") with { Arguments = [path, "a"] };
        switch (kind)
        {
            case "itself as interpreter":
                return request with { Arguments = [Write(path, $"#!{path}\n"), "a"] };
            case "random bytes":
                var bytes = new byte[1000];
                new Random(42).NextBytes(bytes);
                Write(path, bytes);
                return request;
            case "4 interpreters" or "5 interpreters" or "6 interpreters":
                var interpreter = "/bin/sh";
                for (var left = kind[0] - '0'; left > 0; left--) interpreter = Write(Path.Combine(place, $"i{left}"), $"#!{interpreter}\necho ran\n");
                return request with { Arguments = [interpreter, "a"] };
            case "text as interpreter":
                Write(path, $"#!{Write(Path.Combine(place, "t"), "echo ran\n")}\n");
                return request;
            case "program":
                return request with { Arguments = [Write(path, File.ReadAllBytes("/bin/echo")), "ran"] };
            case "other machine":
                return Change(18, 0xF3);
            case "other class":
                return Change(4, 1, 18, 0xF3);
            case "other order":
                return Change(5, 2);
            case "other type":
                return Change(16, 1);
            case "cut off":
                Write(path, File.ReadAllBytes("/bin/echo")[..100]);
                return request;
            case "no loader":
                var text = Encoding.Latin1.GetString(File.ReadAllBytes("/bin/echo"));
                Write(path, Encoding.Latin1.GetBytes(text.Replace("/ld-", "/no-", StringComparison.Ordinal)));
                return request;
            case "folder":
                Directory.CreateDirectory(path);
                return request;
            case "closed":
                File.SetUnixFileMode(Write(path, "#!/bin/sh\n"), UnixFileMode.None);
                return request;
            case "missing":
                return request;
            case "link to itself" or "link to nowhere":
                File.CreateSymbolicLink(path, kind == "link to itself" ? path : path + "-no");
                return request;
            case "device":
                return request with { Arguments = ["/dev/null"] };
            case "name in PATH" or "name not in PATH":
                if (kind == "name in PATH") Write(path, Texts["text"]);
                return request with { Arguments = [kind, "a"], Environment = new Dictionary<string, string> { ["PATH"] = place + ":/bin" } };
            case "too many arguments":
                return request with { Arguments = ["/bin/echo", .. Enumerable.Repeat(new string('x', 100_000), 100)] };
            case "too long an argument":
                return request with { Arguments = ["/bin/echo", new string('x', 200_000)] };
            case "too large a variable":
                return request with { Arguments = ["/bin/echo"], Environment = new Dictionary<string, string> { ["A"] = new('x', 200_000) } };
            default:
                Write(path, Texts[kind]);
                return request;
        }

        StartRequest Change(params int[] changes)
        {
            var program = File.ReadAllBytes("/bin/echo");
            for (var i = 0; i < changes.Length; i += 2) program[changes[i]] = (byte)changes[i + 1];
            Write(path, program);
            return request;
        }
    }

    /// <summary>Returns how an attempt ended, to compare it.</summary>
    public static string Tell(ProcessOutcome outcome) =>
        $"{outcome.Reason} {outcome.ExitCode} {outcome.Message}; {HostFixture.Text(outcome.StandardOutput)}; {HostFixture.Text(outcome.StandardError)}";

    private static string Write(string path, string text) => Write(path, Encoding.UTF8.GetBytes(text));

    private static string Write(string path, byte[] bytes)
    {
        // By another process: a command that starts now would have a copy of this one's descriptor for a moment, and the
        // kernel starts no program that is open for writing.
        File.WriteAllBytes(path + ".data", bytes);
        using var copy = System.Diagnostics.Process.Start("/bin/cp", [path + ".data", path]);
        copy.WaitForExit();
        File.SetUnixFileMode(path, Runs);
        return path;
    }
}
