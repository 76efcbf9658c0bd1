namespace OrleansTasks.Worker.Tests.Torture.Escapes;

/// <summary>What a hostile command must not get through.</summary>
internal enum Walls
{
    /// <summary>A sandbox alone: a user of its own does not hinder it.</summary>
    Sandbox,

    /// <summary>A sandbox, and a user of its own without one.</summary>
    Both,
}

/// <summary>A hostile command.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Walls">What must hold it.</param>
/// <param name="MustNotReach">What it tries to reach.</param>
/// <param name="Line">A line for the shell that succeeds only if it has reached that.</param>
/// <param name="WorksWithout">
/// Whether it succeeds, and does no harm, as root without walls: then it is run so too, to show that it can succeed.
/// </param>
internal sealed record Escape(string Name, Walls Walls, string MustNotReach, string Line, bool WorksWithout = false)
{
    /// <summary>What a command prints that has reached what it must not.</summary>
    public const string Reached = "REACHED";

    // A call that the kernel looks into, instead of refusing it outright, fails for another reason than EPERM, EACCES
    // or ENOSYS, or not at all.
    private const string Prelude = """
        sc() { perl -e '$n = shift; my @a = map { $_ + 0 } @ARGV; $r = syscall($n + 0, @a); exit(($r < 0 && ($!==1 || $!==13 || $!==38)) ? 1 : 0)' -- "$@"; }
        """;

    /// <summary>The whole script.</summary>
    public string Script => $"{Prelude}\nif ({Line}) >/dev/null 2>&1; then echo {Reached}; fi";

    /// <inheritdoc/>
    public override string ToString() => Name;
}
