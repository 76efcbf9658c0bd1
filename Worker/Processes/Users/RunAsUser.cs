using System.Globalization;
using OrleansTasks.Settings;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes.Users;

/// <summary>
/// The user that tasks run as, if it is not the worker's own. With a <see cref="Range"/>, each task runs as a user of
/// its own.
/// </summary>
public sealed record RunAsUser
{
    /// <summary>The error message if both options are given.</summary>
    public const string OnlyOneOption = "--run-as and --run-as-range exclude each other: give one of them.";

    private static readonly string[] SystemFolders = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"];

    /// <summary>The name or number that was given.</summary>
    public required string Name { get; init; }

    /// <summary>The user id.</summary>
    public required uint Uid { get; init; }

    /// <summary>The id of the user's primary group.</summary>
    public required uint Gid { get; init; }

    /// <summary>All groups of the user, including the primary one.</summary>
    public required IReadOnlyList<uint> Groups { get; init; }

    /// <summary>The user's home folder, which tasks get as HOME; if empty, they get their working folder.</summary>
    public required string Home { get; init; }

    /// <summary>The numbers that tasks run as, each with its own; null if all tasks run as this user.</summary>
    public UserRange? Range { get; internal init; }

    /// <summary>The option that requested this user.</summary>
    public string Option => Range is null ? "--run-as" : "--run-as-range";

    /// <summary>Whether only one task runs as this user.</summary>
    internal bool IsOfOneTask { get; init; }

    /// <summary>The program that switches the user: setpriv(1) from util-linux.</summary>
    internal string Changer { get; init; } = "setpriv";

    /// <summary>Finds a user by name or number.</summary>
    /// <exception cref="RunAsException">This worker cannot run commands as that user; the message says why.</exception>
    public static RunAsUser Find(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        CheckRoot("--run-as");
        var found = uint.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var uid)
            ? UserDatabase.Find(uid)
            : UserDatabase.Find(name);
        if (found is not { } user)
            throw new RunAsException(InvalidValue.Message("--run-as", name, "the name or number of a user of this machine"));
        return new()
        {
            Name = user.Name, Uid = user.Uid, Gid = user.Gid, Groups = UserDatabase.GroupsOf(user), Changer = FindChanger("--run-as"),
            Home = user.Home.Length > 0 ? user.Home : "/",
        };
    }

    /// <summary>Finds the users of a range in the form FIRST-LAST.</summary>
    /// <exception cref="RunAsException">
    /// This worker cannot run commands as those users; the message says why.
    /// </exception>
    public static RunAsUser FindRange(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        CheckRoot("--run-as-range");
        var range = UserRange.Parse(text, FindChanger("--run-as-range"))
            ?? throw new RunAsException(InvalidValue.Message("--run-as-range", text, UserRange.Expected));
        range.CheckNobodyHas(SubordinateRange.OfMachine());
        return range.AsReader();
    }

    /// <summary>
    /// Creates the root of the working folders and lets other users pass through it and the named folders above it,
    /// without listing them. Then checks that the user can reach it.
    /// </summary>
    /// <param name="workFolderRoot">The folder that holds the attempts' working folders.</param>
    /// <param name="above">The folders above it that belong to the worker.</param>
    /// <exception cref="RunAsException">The user cannot reach the folder.</exception>
    public void OpenWay(string workFolderRoot, params IReadOnlyList<string> above)
    {
        const UnixFileMode pass = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
            | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        if (OperatingSystem.IsWindows()) throw new RunAsException($"{Option} works only on Linux.");
        Directory.CreateDirectory(workFolderRoot);
        foreach (var folder in above.Append(workFolderRoot)) File.SetUnixFileMode(folder, pass);
        if (!UserSwitch.CanRestoreNames())
            throw new RunAsException($"{Option} needs /usr/bin/env of GNU coreutils 8.30 or later, for its option -S.");
        if (!UserSwitch.CanEnter(this, workFolderRoot))
            throw new RunAsException($"{Option}: the user '{Name}' cannot enter {workFolderRoot}, which holds the tasks' working folders. "
                + "Choose a data folder (--data) whose parent folders every user can enter.");
    }

    private static void CheckRoot(string option)
    {
        if (Libc.geteuid() is var own and not 0)
            throw new RunAsException($"{option} requires root; this process runs as user {own}.");
    }

    private static string FindChanger(string option) =>
        SystemFolders.Select(static folder => Path.Combine(folder, "setpriv")).FirstOrDefault(File.Exists)
            ?? throw new RunAsException($"{option} needs the program setpriv (package util-linux), which is not installed.");
}
