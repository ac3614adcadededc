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
    internal DbSet<RevocationRow> Revocations => Set<RevocationRow>();
    internal DbSet<MailRow> Mails => Set<MailRow>();
    internal DbSet<AuditRow> Audit => Set<AuditRow>();
    internal DbSet<PersonalTokenRow> PersonalTokens => Set<PersonalTokenRow>();
    internal DbSet<ProgramRow> Programs => Set<ProgramRow>();
    internal DbSet<SpentRow> SpentChallenges => Set<SpentRow>();
    internal DbSet<NoticeRow> Notices => Set<NoticeRow>();
    internal DbSet<NoticeChoiceRow> NoticeChoices => Set<NoticeChoiceRow>();
    internal DbSet<ErasureRow> Erasures => Set<ErasureRow>();

    protected override Version SchemaVersion => IdentitySchemaVersions.Version3;

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
        builder.Entity<RevocationRow>().ToTable("revocations").HasKey(revocation => revocation.Id);
        builder.Entity<MailRow>().ToTable("mails").HasKey(mail => mail.Id);
        builder.Entity<AuditRow>().ToTable("audit").HasKey(entry => entry.Id);
        builder.Entity<PersonalTokenRow>().ToTable("personal_tokens").HasKey(token => token.Id);
        builder.Entity<ProgramRow>().ToTable("programs").HasKey(program => program.Id);
        builder.Entity<SpentRow>().ToTable("spent_challenges").HasKey(spent => spent.Hash);
        builder.Entity<NoticeRow>().ToTable("notices").HasKey(notice => notice.Id);
        builder.Entity<ErasureRow>().ToTable("erasures").HasKey(erasure => new { erasure.Request, erasure.Service });
        builder.Entity<NoticeChoiceRow>().ToTable("notice_choices").HasKey(choice => new { choice.Person, choice.Topic });
    }
}

/// <summary>An account: an address that was confirmed, and a name to be called by.</summary>
public sealed class Person : IdentityUser
{
    /// <summary>As the person writes it; at most 100 characters.</summary>
    public string Name { get; set; } = "";

    /// <summary>The language of the mails: "fr", "en".</summary>
    public string Language { get; set; } = "fr";

    /// <summary>Grows each time a right is given or ended: tokens with an earlier one no longer count.</summary>
    public long Rights { get; set; }

    /// <summary>Unix milliseconds.</summary>
    public long CreatedAt { get; set; }

    /// <summary>Of the last sign-in, Unix milliseconds.</summary>
    public long SeenAt { get; set; }

    /// <summary>When the person was last told that the account, which nobody used, would be erased. Unix milliseconds.</summary>
    public long WarnedAt { get; set; }

    /// <summary>The employer that a provider of identities named: nine digits, or "". It suggests a territory and gives no right.</summary>
    public string Siren { get; set; } = "";
}

/// <summary>A right of a person. See <see cref="Grant"/>.</summary>
internal sealed class GrantRow
{
    public required string Person { get; init; }
    public required string Role { get; init; }
    public required string Scope { get; init; }
    public string Family { get; set; } = "";
    public string Function { get; set; } = "";
    public long Since { get; init; }

    /// <summary>Null for as long as nobody ends it.</summary>
    public long? Until { get; set; }

    /// <summary>The <see cref="Until"/> that was last told; 0 when none was.</summary>
    public long EndTold { get; set; }

    public Grant Grant => new(Role, Scope, Family);
}

/// <summary>A browser in which a person signed in.</summary>
internal sealed class SessionRow
{
    public required string Id { get; init; }
    public required string Person { get; init; }

    /// <summary>Whether a second factor was shown, or a passkey.</summary>
    public bool Strong { get; set; }

    /// <summary>"Firefox, Windows": enough for the person to recognise it, and no more.</summary>
    public string Browser { get; init; } = "";
    public long CreatedAt { get; init; }
    public long SeenAt { get; set; }

    /// <summary>When it ends whatever happens, Unix milliseconds; null for one that a provider of identities did not open.</summary>
    public long? EndsAt { get; init; }
}

/// <summary>What a link sent by mail stands for, once.</summary>
internal sealed class LinkRow
{
    public required string Id { get; init; }
    public required string Hash { get; init; }
    public required string Purpose { get; init; }
    public required string Email { get; init; }
    public string Role { get; init; } = "";
    public string Scope { get; init; } = "";
    public string Family { get; init; } = "";
    public string Function { get; init; } = "";

    /// <summary>Until when the promised right will hold; null when nothing ends it.</summary>
    public long? Until { get; init; }
    public long CreatedAt { get; init; }
    public long ExpiresAt { get; init; }
}

/// <summary>A person asks for a right in a territory.</summary>
internal sealed class JoinRow
{
    public const string Open = "open";
    public const string Accepted = "accepted";
    public const string Refused = "refused";

    public required string Id { get; init; }
    public required string Person { get; init; }
    public required string Territory { get; init; }
    public required string Family { get; set; }
    public required string Function { get; set; }
    public required string Proof { get; set; }

    /// <summary>See the script that made it: "|R32|".</summary>
    public string Around { get; set; } = "";
    public required string Status { get; set; }
    public string Reason { get; set; } = "";
    public long AskedAt { get; set; }
    public long? DecidedAt { get; set; }
}

/// <summary>Tokens that no longer count: a person's with fewer <see cref="Rights"/>, or a session's.</summary>
internal sealed class RevocationRow
{
    public required string Id { get; init; }
    public string Person { get; init; } = "";
    public long Rights { get; init; }
    public string Session { get; init; } = "";
    public long At { get; init; }
}

/// <summary>A mail that waits to be sent.</summary>
internal sealed class MailRow
{
    public required string Id { get; init; }
    public required string Recipient { get; init; }
    public required string Subject { get; init; }
    public required string Text { get; init; }
    public required string Html { get; init; }

    /// <summary>Where a mail program ends such mails with one click; empty where they do not end.</summary>
    public string Unsubscribe { get; init; } = "";
    public long CreatedAt { get; init; }
    public long NextAt { get; set; }
    public int Attempts { get; set; }

    /// <summary>What went wrong last, as <see cref="MailServer.Words"/> reads it; empty when nothing did.</summary>
    public string Failure { get; set; } = "";
}

/// <summary>Who did what to whose rights. Only ever added to.</summary>
internal sealed class AuditRow
{
    public required string Id { get; init; }
    public long At { get; init; }
    public required string Actor { get; set; }
    public required string Action { get; init; }
    public required string Subject { get; set; }
    public required string Detail { get; init; }
}

/// <summary>A challenge that a passkey has answered.</summary>
internal sealed class SpentRow
{
    public required string Hash { get; init; }
    public long SpentAt { get; init; }
}
