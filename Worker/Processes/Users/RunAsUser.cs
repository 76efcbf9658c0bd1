using System.Globalization;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes.Users;

/// <summary>
/// The user as whom tasks run, when that is not the worker's own. With a <see cref="Range"/> each task runs as a user of its own.
/// </summary>
public sealed record RunAsUser
{
    /// <summary>What is said when both options are given.</summary>
    public const string OnlyOneOption = "--run-as and --run-as-range exclude each other: give one of them.";

    private static readonly string[] SystemFolders = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"];

    /// <summary>The name that it was asked for by.</summary>
    public required string Name { get; init; }

    /// <summary>The user's number.</summary>
    public required uint Uid { get; init; }

    /// <summary>The number of the user's own group.</summary>
    public required uint Gid { get; init; }

    /// <summary>All groups that the user is in, its own included.</summary>
    public required IReadOnlyList<uint> Groups { get; init; }

    /// <summary>The user's home folder, which is what tasks see as HOME; empty: they see their working folder.</summary>
    public required string Home { get; init; }

    /// <summary>The numbers that tasks run as instead, each as one of its own; null: all tasks run as this user.</summary>
    public UserRange? Range { get; internal init; }

    /// <summary>The option that asked for it.</summary>
    public string Option => Range is null ? "--run-as" : "--run-as-range";

    /// <summary>Whether one task alone runs as this user.</summary>
    internal bool IsOfOneTask { get; init; }

    /// <summary>The program that changes the user: setpriv(1) of util-linux.</summary>
    internal string Changer { get; init; } = "setpriv";

    /// <summary>Finds a user by name or number.</summary>
    /// <exception cref="RunAsException">This worker cannot run anything as that user; the message says why.</exception>
    public static RunAsUser Find(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        CheckRoot("--run-as", "a user");
        var found = uint.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var uid)
            ? UserDatabase.Find(uid)
            : UserDatabase.Find(name);
        if (found is not { } user)
            throw new RunAsException($"--run-as takes the name or number of a user of this machine; there is no '{name}'.");
        return new()
        {
            Name = user.Name, Uid = user.Uid, Gid = user.Gid, Groups = UserDatabase.GroupsOf(user), Changer = FindChanger("--run-as"),
            Home = user.Home.Length > 0 ? user.Home : "/",
        };
    }

    /// <summary>Finds the users of a range, FIRST-LAST.</summary>
    /// <exception cref="RunAsException">This worker cannot run anything as those users; the message says why.</exception>
    public static RunAsUser FindRange(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        CheckRoot("--run-as-range", "numbers");
        var range = UserRange.Parse(text, FindChanger("--run-as-range"))
            ?? throw new RunAsException($"--run-as-range takes {UserRange.Takes}; '{text}' is not that.");
        range.CheckNobodyHas(SubordinateRange.OfMachine());
        return range.AsReader();
    }

    /// <summary>
    /// Makes the working folders' root and lets others pass through it and through the folders above it that are named, without
    /// letting them see what is there; then tries whether the user gets there.
    /// </summary>
    /// <param name="workFolderRoot">Where attempts get their working folders.</param>
    /// <param name="above">The folders above it that are the worker's own.</param>
    /// <exception cref="RunAsException">The user does not get there.</exception>
    public void OpenWay(string workFolderRoot, params IReadOnlyList<string> above)
    {
        const UnixFileMode pass = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
            | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        if (OperatingSystem.IsWindows()) throw new RunAsException($"{Option} is for Linux.");
        Directory.CreateDirectory(workFolderRoot);
        foreach (var folder in above.Append(workFolderRoot)) File.SetUnixFileMode(folder, pass);
        if (!UserSwitch.CanRestoreNames())
            throw new RunAsException($"{Option} needs /usr/bin/env of GNU coreutils 8.30 or later, for its option -S.");
        if (!UserSwitch.CanEnter(this, workFolderRoot))
            throw new RunAsException($"{Option}: the user '{Name}' may not enter {workFolderRoot}, where tasks have their working "
                + "folders. Give a data folder (--data) below folders that everybody may enter.");
    }
    private static void CheckRoot(string option, string takes)
    {
        if (Libc.geteuid() is var own and not 0)
            throw new RunAsException($"{option} takes {takes} only where the worker runs as root; it runs as user {own}.");
    }

    private static string FindChanger(string option) =>
        SystemFolders.Select(static folder => Path.Combine(folder, "setpriv")).FirstOrDefault(File.Exists)
            ?? throw new RunAsException($"{option} needs the program setpriv (package util-linux), which is not on this machine.");
}
