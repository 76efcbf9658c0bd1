using System.Diagnostics;
using System.Globalization;
using System.Text;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes.Users;

/// <summary>
/// Changes the user of a command before it runs: by setpriv(1), which sets groups, group and user in the command's own process, for
/// good: no_new_privs makes setuid programs and file capabilities count for nothing, and the bounding set of capabilities is empty. What
/// looks after the command (the agent, its supervisor) stays another user's, whom the command cannot signal.
/// </summary>
internal static class UserSwitch
{
    private const string Environment = "/usr/bin/env";
    private const string LaterName = "OTASK_LATER_";
    private static readonly string[] Steering =
    [
        "BASHOPTS", "BASH_ENV", "ENV", "GCONV_PATH", "GETCONF_DIR", "HOSTALIASES", "IFS", "LANGUAGE", "LOCALDOMAIN", "LOCPATH", "NLSPATH",
        "PS4", "RESOLV_HOST_CONF", "RES_OPTIONS", "SHELLOPTS", "TEXTDOMAINDIR", "TMPDIR", "TZDIR",
    ];

    private static readonly string[] SteeringBeginnings = ["LD_", "GLIBC_", "MALLOC_", "BASH_FUNC_", "NIS_", LaterName];

    /// <summary>The request that runs the same as the user. Its program must have been found before.</summary>
    internal static StartRequest Wrap(StartRequest request, RunAsUser user)
    {
        var arguments = new List<string>(request.Arguments.Count + 10);
        arguments.AddRange(ChangeTo(user));
        var environment = request.Environment.Any(static variable => Steers(variable.Key))
            ? Rename(request.Environment, arguments)
            : request.Environment;
        arguments.AddRange(request.Arguments);
        return request with { Arguments = arguments, Environment = environment };
    }

    /// <summary>Whether env(1) can give variables their names back.</summary>
    internal static bool CanRestoreNames() =>
        File.Exists(Environment) && Succeeds(Environment, [$"-SA=${{{LaterName}0}}", "/bin/sh", "-c", ":"]);

    /// <summary>Whether the user may go to a folder.</summary>
    internal static bool CanEnter(RunAsUser user, string folder) =>
        Succeeds(user.Changer, [.. ChangeTo(user).Skip(1), "/bin/sh", "-c", "cd \"$0\"", folder]);

    private static bool Succeeds(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardError = true, RedirectStandardOutput = true, WorkingDirectory = "/",
        };
        using var process = Process.Start(start)!;
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    /// <summary>Whether the user may do something with a file or folder. For a thread that has the user's groups.</summary>
    internal static int Access(RunAsUser user, string path, int mode)
    {
        Libc.TouchFilesAs(user.Uid, user.Gid);
        var error = Libc.faccessat(Libc.AT_FDCWD, path, mode, Libc.AT_EACCESS) == 0 ? 0 : Libc.LastError;
        Libc.TouchFilesAs(0, 0);
        return error;
    }

    private static string[] ChangeTo(RunAsUser user) =>
    [
        user.Changer,
        string.Create(CultureInfo.InvariantCulture, $"--reuid={user.Uid}"),
        string.Create(CultureInfo.InvariantCulture, $"--regid={user.Gid}"),
        user.Groups.Count == 0 ? "--clear-groups" : $"--groups={string.Join(',', user.Groups)}",
        "--inh-caps=-all",
        "--ambient-caps=-all",
        "--bounding-set=-all",
        "--no-new-privs",
        "--",
    ];

    /// <summary>
    /// Renames what steers the loader or a shell, which must not do so while root is still there, and adds the arguments that give it its
    /// names back after the change. The values stay in the environment, since everybody may read the arguments of a process.
    /// </summary>
    private static List<KeyValuePair<string, string>> Rename(
        IReadOnlyCollection<KeyValuePair<string, string>> environment, List<string> arguments)
    {
        var renamed = new List<KeyValuePair<string, string>>(environment.Count);
        var names = new StringBuilder("-S");
        arguments.Add(Environment);
        foreach (var variable in environment)
        {
            if (!Steers(variable.Key))
            {
                renamed.Add(variable);
                continue;
            }
            var name = string.Create(CultureInfo.InvariantCulture, $"{LaterName}{renamed.Count}");
            renamed.Add(new(name, variable.Value));
            arguments.Add($"--unset={name}");
            var quoted = variable.Key.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal);
            names.Append(CultureInfo.InvariantCulture, $"'{quoted}'=${{{name}}} ");
        }
        arguments.Add(names.ToString());
        // env would take a program whose name has an equals sign for a variable.
        arguments.AddRange("/bin/sh", "-c", "exec \"$@\"", "sh");
        return renamed;
    }

    private static bool Steers(string name) => Array.IndexOf(Steering, name) >= 0
        || Array.Exists(SteeringBeginnings, beginning => name.StartsWith(beginning, StringComparison.Ordinal));
}
