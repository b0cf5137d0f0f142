/** A pair that `cosign generate-key-pair` 2.5.0 wrote, made for these tests only. */
export const cosignPair = {
  password: 'hunter2',
  privatePem: `-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----
eyJrZGYiOnsibmFtZSI6InNjcnlwdCIsInBhcmFtcyI6eyJOIjo2NTUzNiwiciI6
OCwicCI6MX0sInNhbHQiOiJwVFMwUWJUMnd1TTkxcGZWYkh5YktvME1UeW9IUzNq
RmExU2g0dG1ucHU0PSJ9LCJjaXBoZXIiOnsibmFtZSI6Im5hY2wvc2VjcmV0Ym94
Iiwibm9uY2UiOiJZZ3BScmlIRXdoYzdtQWovUWpmU1RBVVFSTjFHeEdIMCJ9LCJj
aXBoZXJ0ZXh0IjoiU2FnR1AwTFF5N3pBNHBCcTIwaEl5cDYrcWdwRk1vUUJmcjZW
bkxSNnJnNm5UMlg4TkZidzlINlRuS1UwTFJtdS9PRy9CdStteDltODBYRUoxZVhY
YXRYcTZtbW5qdkVodlBUZHp3TjdwVyswUm9RSzExTWNwRS8ySnVsTi9kemlyYnBY
VzlwcjZaRTViSlVrRkJXMjhDekpIdHI1eDZEOFppYU1Ma2ZkYlFxZS8xbjJzeUxY
OHViSHdTN1FtS0Zuc3V5eXRBbU5MZkVNYkE9PSJ9
-----END ENCRYPTED SIGSTORE PRIVATE KEY-----
`,
  publicPem: `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAES+P42rhgCnU4esQbjbGbrzQrdKMe
KkcM24M73CGNwAAcTO/ZHfW+FAaCIjRfuwBgK4I0fU7g5J6VDP+9uwbuyw==
-----END PUBLIC KEY-----
`,
} as const;
