namespace OrleansTasks.Storage.Postgres.Members;

/// <summary>Identifies a run of a silo, by its address and its start.</summary>
/// <param name="Address">The silo's IP address.</param>
/// <param name="Port">The port at which other silos connect.</param>
/// <param name="Generation">A number that increases with each start.</param>
public readonly record struct MemberKey(string Address, int Port, int Generation);

/// <summary>The record of a silo in the cluster.</summary>
/// <param name="Key">The silo.</param>
/// <param name="Status">The silo's status, as the engine's number.</param>
/// <param name="GatewayPort">The port at which gateways connect, at the same address; 0 if none may.</param>
/// <param name="Host">The host name.</param>
/// <param name="Name">The silo's name.</param>
/// <param name="Started">When the silo started, in ticks of UTC.</param>
/// <param name="Alive">When the silo last reported that it is alive, in ticks of UTC.</param>
/// <param name="Suspicions">The silos that suspect this one to be dead, and since when.</param>
public sealed record Member(
    MemberKey Key, int Status, int GatewayPort, string Host, string Name, long Started, long Alive,
    ImmutableArray<Suspicion> Suspicions)
{
    /// <summary>The program that the silo runs.</summary>
    public MemberProgram Program { get; init; } = new("", 1, 1);
}

/// <summary>Describes a silo's program to programs of other versions.</summary>
/// <param name="Version">Its version; empty if the program did not state it.</param>
/// <param name="Wire">The wire level that it speaks.</param>
/// <param name="WireFrom">The lowest wire level of other silos with which it works.</param>
public sealed record MemberProgram(string Version, int Wire, int WireFrom);

/// <summary>A silo's suspicion that another silo is dead.</summary>
/// <param name="By">The silo that suspects, in the engine's text format.</param>
/// <param name="At">When the suspicion was raised, in ticks of UTC.</param>
public readonly record struct Suspicion(string By, long At);

/// <summary>A stored member with its etag.</summary>
/// <param name="Member">The member.</param>
/// <param name="Etag">Identifies the row's last change.</param>
/// <param name="AliveDb">
/// When the silo last reported that it is alive, by the database's clock, in Unix milliseconds.
/// </param>
/// <param name="Silence">How many milliseconds ago that was, by the same clock.</param>
public sealed record StoredMember(Member Member, string Etag, long AliveDb, long Silence);

/// <summary>A snapshot of the members.</summary>
/// <param name="Version">The version of the table, which increases with each change.</param>
/// <param name="Etag">Identifies the table's last change.</param>
/// <param name="Members">The requested members.</param>
public sealed record MemberTable(int Version, string Etag, ImmutableArray<StoredMember> Members);
