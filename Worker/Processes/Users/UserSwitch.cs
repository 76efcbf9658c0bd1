using System.Diagnostics;
using System.Globalization;
using System.Text;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes.Users;

/// <summary>
/// Switches the user of a command before it runs. setpriv(1) sets groups, group and user in the command's own process,
/// permanently: no_new_privs disables setuid programs and file capabilities, and the capability bounding set is empty.
/// The agent and its supervisor stay another user, whom the command cannot signal.
/// </summary>
internal static class UserSwitch
{
    private const string Environment = "/usr/bin/env";
    private const string LaterName = "OTASK_LATER_";
    // Variables that control the loader or the C library. No shell runs before the command.
    private static readonly string[] Steering =
    [
        "GCONV_PATH", "GETCONF_DIR", "HOSTALIASES", "LANGUAGE", "LOCALDOMAIN", "LOCPATH", "NLSPATH", "RESOLV_HOST_CONF", "RES_OPTIONS",
        "TEXTDOMAINDIR", "TMPDIR", "TZDIR",
    ];

    private static readonly string[] SteeringBeginnings = ["LD_", "GLIBC_", "MALLOC_", "NIS_", LaterName];

    /// <summary>
    /// Returns a request that runs the same command as the user. Its program must have been found before.
    /// </summary>
    internal static StartRequest Wrap(StartRequest request, RunAsUser user)
    {
        var arguments = new List<string>(request.Arguments.Count + 10);
        arguments.AddRange(ChangeTo(user));
        var environment = request.Environment.Any(static variable => Steers(variable.Key))
            ? Rename(request.Environment, arguments)
            : request.Environment;
        // env would take a program with an equals sign in its name for a variable.
        if (arguments.Contains(Environment) && request.Arguments[0].Contains('=')) arguments.AddRange(user.Changer, "--no-new-privs", "--");
        arguments.AddRange(request.Arguments);
        return request with { Arguments = arguments, Environment = environment };
    }

    /// <summary>Whether env(1) can restore the names of variables.</summary>
    internal static bool CanRestoreNames() =>
        File.Exists(Environment) && Succeeds(Environment, [$"-SA=${{{LaterName}0}}", "/bin/sh", "-c", ":"]);

    /// <summary>Whether the user may enter a folder.</summary>
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

    /// <summary>
    /// Checks a user's access to a file or folder. Returns 0 or the error number. The thread must have the user's
    /// groups.
    /// </summary>
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
    /// Renames the variables that control the loader, which must not take effect while the process is still
    /// root, and adds the arguments that restore the names after the switch.
    /// The values stay in the environment, because any user can read a process's arguments.
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
        return renamed;
    }

    private static bool Steers(string name) => Array.IndexOf(Steering, name) >= 0
        || Array.Exists(SteeringBeginnings, beginning => name.StartsWith(beginning, StringComparison.Ordinal));
}
