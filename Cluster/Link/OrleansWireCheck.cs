using System.Diagnostics.CodeAnalysis;
using OrleansTasks.Cluster.Status;
using OrleansTasks.Lifetime;
using OrleansTasks.Settings;
using OrleansTasks.Storage.Postgres.Members;

namespace OrleansTasks.Cluster.Link;

/// <summary>
/// Runs before a silo joins, or a gateway connects. Refuses the start if an active member of the cluster has a version
/// with which this one does not work.
/// </summary>
internal sealed class OrleansWireCheck(PostgresMembers members) : IHostedService
{
    /// <summary>This program, as the table of members describes it.</summary>
    internal static MemberProgram Own { get; } = new(ServiceVersion.Text, WireLevel.Own, WireLevel.Earliest);

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var member in (await members.Read()).Members)
        {
            if (member.Member.Status == (int)SiloStatus.Active && FindMisfit(Own, member.Member.Name, member.Member.Program) is { } misfit)
                throw new StartRefusedException(misfit);
        }
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>
    /// Does the same for a gateway without the database: asks the silos that it has reached. If they do not answer within
    /// the limit, or do not state their levels, the gateway continues.
    /// </summary>
    /// <exception cref="StartRefusedException">A silo does not work with this program.</exception>
    [SuppressMessage("Design", "CA1031", Justification = "Whatever the reason is, the silos' levels are not known.")]
    internal static async Task CheckReached(IEngineWatch silos, TimeSpan limit, TimeProvider time)
    {
        ImmutableArray<SiloFigures> reached;
        try
        {
            reached = await silos.Figures().WaitAsync(limit, time);
        }
        catch (Exception)
        {
            return;
        }

        foreach (var silo in reached)
        {
            var program = new MemberProgram(silo.Version ?? "", silo.WireLevel, silo.EarliestWireLevel);
            if (silo.WireLevel > 0 && FindMisfit(Own, silo.Silo, program) is { } misfit)
                throw new StartRefusedException(misfit);
        }
    }

    /// <summary>Returns why a program does not work with a silo's, and what to do; null if it does.</summary>
    internal static string? FindMisfit(MemberProgram own, string silo, MemberProgram other)
    {
        var version = other.Version.Length > 0 ? $"version {other.Version}" : "an earlier version";
        var misfit = other.Wire < own.WireFrom
            ? $"speaks wire level {other.Wire}, but this program (version {own.Version}) needs at least level {own.WireFrom}"
            : own.Wire < other.WireFrom
                ? $"needs at least wire level {other.WireFrom}, but this program (version {own.Version}) speaks level {own.Wire}"
                : null;
        return misfit is null ? null : $"Silo {silo} runs {version}, which {misfit}. Start {version} here, or stop all "
            + "silos and gateways of the cluster before you start this version.";
    }
}
