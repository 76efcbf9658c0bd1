namespace OrleansTasks.Storage.Postgres.Members;

/// <summary>Where a silo is, and when it was started there: what tells silos apart.</summary>
/// <param name="Address">Its IP address.</param>
/// <param name="Port">The port at which other silos connect.</param>
/// <param name="Generation">A number that each start raises.</param>
public readonly record struct MemberKey(string Address, int Port, int Generation);

/// <summary>What is recorded of a silo of the cluster.</summary>
/// <param name="Key">Which silo.</param>
/// <param name="Status">Its state, by the engine's number.</param>
/// <param name="GatewayPort">The port at which gateways connect, at the same address; 0: none may.</param>
/// <param name="Host">The machine's name.</param>
/// <param name="Name">The silo's name.</param>
/// <param name="Started">When it started, ticks of UTC.</param>
/// <param name="Alive">When it last said that it is alive, ticks of UTC.</param>
/// <param name="Suspicions">The silos that hold it for dead, and since when.</param>
public sealed record Member(
    MemberKey Key, int Status, int GatewayPort, string Host, string Name, long Started, long Alive,
    ImmutableArray<Suspicion> Suspicions);

/// <summary>A silo's word that another one is dead.</summary>
/// <param name="By">The silo that says so, in the engine's text form.</param>
/// <param name="At">When, ticks of UTC.</param>
public readonly record struct Suspicion(string By, long At);

/// <summary>A member with the mark of its last change.</summary>
/// <param name="Member">The member.</param>
/// <param name="Etag">The mark.</param>
/// <param name="AliveDb">When it last said that it is alive, by the database's clock, milliseconds since 1970.</param>
public sealed record StoredMember(Member Member, string Etag, long AliveDb);

/// <summary>Members at one moment.</summary>
/// <param name="Version">How often the members have changed.</param>
/// <param name="Etag">The mark of the last change.</param>
/// <param name="Members">The members that were asked for.</param>
public sealed record MemberTable(int Version, string Etag, ImmutableArray<StoredMember> Members);
