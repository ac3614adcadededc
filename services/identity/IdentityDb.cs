using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Identity.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Identity;

/// <summary>People, their rights, and what signs them in. Nothing of it is ever a record; it never leaves the node.</summary>
public sealed class IdentityDb(DbContextOptions<IdentityDb> options) : IdentityUserContext<Person>(options)
{
    internal DbSet<GrantRow> Grants => Set<GrantRow>();
    internal DbSet<SessionRow> Sessions => Set<SessionRow>();
    internal DbSet<LinkRow> Links => Set<LinkRow>();
    internal DbSet<JoinRow> JoinRequests => Set<JoinRow>();
    internal DbSet<JoinScopeRow> JoinScopes => Set<JoinScopeRow>();
    internal DbSet<RevocationRow> Revocations => Set<RevocationRow>();
    internal DbSet<MailRow> Mails => Set<MailRow>();
    internal DbSet<AuditRow> Audit => Set<AuditRow>();
    internal DbSet<PersonalTokenRow> PersonalTokens => Set<PersonalTokenRow>();
    internal DbSet<ProgramRow> Programs => Set<ProgramRow>();
    internal DbSet<SpentRow> SpentChallenges => Set<SpentRow>();
    internal DbSet<FailureRow> Failures => Set<FailureRow>();
    internal DbSet<NoticeRow> Notices => Set<NoticeRow>();
    internal DbSet<NoticeChoiceRow> NoticeChoices => Set<NoticeChoiceRow>();
    internal DbSet<ErasureRow> Erasures => Set<ErasureRow>();

    protected override Version SchemaVersion => IdentitySchemaVersions.Version3;

    /// <summary>
    /// Holds these accounts until the transaction ends: another that locks one of them waits. An update that changes nothing, for not every
    /// database here has SELECT … FOR UPDATE.
    /// </summary>
    internal Task LockAsync(IReadOnlyCollection<string> people, CancellationToken cancellation) =>
        Users
            .Where(person => people.Contains(person.Id))
            .ExecuteUpdateAsync(row => row.SetProperty(person => person.Rights, person => person.Rights), cancellation);

    /// <summary>The same for the grants of a role, wherever they hold.</summary>
    internal Task LockAsync(string role) =>
        Grants
            .Where(grant => grant.Role == role)
            .ExecuteUpdateAsync(row => row.SetProperty(grant => grant.Function, grant => grant.Function));

    protected override void OnModelCreating(ModelBuilder builder)
    {
        base.OnModelCreating(builder);
        builder.UseOpenIddict();
        builder.Entity<Person>().ToTable("people");
        builder.Entity<IdentityUserClaim<string>>().ToTable("person_claims").Property(claim => claim.Id).ValueGeneratedNever();
        builder.Entity<IdentityUserLogin<string>>().ToTable("person_logins");
        builder.Entity<IdentityUserToken<string>>().ToTable("person_tokens");
        builder.Entity<IdentityUserPasskey<string>>().ToTable("person_passkeys");
        builder
            .Entity<GrantRow>()
            .ToTable("grants")
            .HasKey(grant => new
            {
                grant.Person,
                grant.Role,
                grant.Scope,
            });
        builder.Entity<SessionRow>().ToTable("sessions").HasKey(session => session.Id);
        builder.Entity<LinkRow>().ToTable("links").HasKey(link => link.Id);
        builder.Entity<JoinRow>().ToTable("join_requests").HasKey(request => request.Id);
        builder.Entity<JoinScopeRow>().ToTable("join_request_scopes").HasKey(scope => new { scope.Request, scope.Scope });
        builder.Entity<RevocationRow>().ToTable("revocations").HasKey(revocation => revocation.Id);
        builder.Entity<MailRow>().ToTable("mails").HasKey(mail => mail.Id);
        builder.Entity<AuditRow>().ToTable("audit").HasKey(entry => entry.Id);
        builder.Entity<PersonalTokenRow>().ToTable("personal_tokens").HasKey(token => token.Id);
        builder.Entity<ProgramRow>().ToTable("programs").HasKey(program => program.Id);
        builder.Entity<SpentRow>().ToTable("spent_challenges").HasKey(spent => spent.Hash);
        builder.Entity<FailureRow>().ToTable("failures").HasKey(failure => failure.Key);
        builder.Entity<NoticeRow>().ToTable("notices").HasKey(notice => notice.Id);
        builder.Entity<ErasureRow>().ToTable("erasures").HasKey(erasure => new { erasure.Request, erasure.Service });
        builder.Entity<NoticeChoiceRow>().ToTable("notice_choices").HasKey(choice => new { choice.Person, choice.Topic });
    }
}
