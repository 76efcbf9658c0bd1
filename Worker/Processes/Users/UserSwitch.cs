using System.Diagnostics;
using System.Globalization;
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
    private static readonly string[] Steering =
    [
        "BASHOPTS", "BASH_ENV", "ENV", "GCONV_PATH", "GETCONF_DIR", "HOSTALIASES", "IFS", "LANGUAGE", "LOCALDOMAIN", "LOCPATH", "NLSPATH",
        "PS4", "RESOLV_HOST_CONF", "RES_OPTIONS", "SHELLOPTS", "TEXTDOMAINDIR", "TMPDIR", "TZDIR",
    ];

    private static readonly string[] SteeringBeginnings = ["LD_", "GLIBC_", "MALLOC_", "BASH_FUNC_", "NIS_"];

    /// <summary>The request that runs the same as the user. Its program must have been found before.</summary>
    internal static StartRequest Wrap(StartRequest request, RunAsUser user)
    {
        var arguments = new List<string>(request.Arguments.Count + 10);
        arguments.AddRange(ChangeTo(user));
        // What steers the loader or a shell must not do so while root is still there: it comes back after the change.
        var later = request.Environment.Where(static variable => Steers(variable.Key)).ToArray();
        if (later.Length == 0)
        {
            arguments.AddRange(request.Arguments);
            return request with { Arguments = arguments };
        }
        arguments.Add(Environment);
        arguments.AddRange(later.Select(static variable => $"{variable.Key}={variable.Value}"));
        arguments.AddRange("/bin/sh", "-c", "exec \"$@\"", "sh");
        arguments.AddRange(request.Arguments);
        return request with
        {
            Arguments = arguments,
            Environment = [.. request.Environment.Where(static variable => !Steers(variable.Key))],
        };
    }

    /// <summary>Whether the user may go to a folder.</summary>
    internal static bool CanEnter(RunAsUser user, string folder)
    {
        var start = new ProcessStartInfo(user.Changer) { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (var argument in ChangeTo(user).Skip(1)) start.ArgumentList.Add(argument);
        foreach (var argument in new[] { "/bin/sh", "-c", "cd \"$0\"", folder }) start.ArgumentList.Add(argument);
        start.WorkingDirectory = "/";
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

    private static bool Steers(string name) => Array.IndexOf(Steering, name) >= 0
        || Array.Exists(SteeringBeginnings, beginning => name.StartsWith(beginning, StringComparison.Ordinal));
}
